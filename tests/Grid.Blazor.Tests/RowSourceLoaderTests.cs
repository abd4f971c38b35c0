using Collection.Grid.Windowing.Tests;

namespace Collection.Grid.Blazor.Tests;

public sealed class RowSourceLoaderTests : RowSourceTest
{
    [Fact]
    public void Rows_in_memory_are_there_when_it_returns()
    {
        MakeReady();
        using var loader = new RowSourceLoader<Row>(Source);

        loader.LoadAsync(3, 4, null).IsCompletedSuccessfully.ShouldBeTrue();

        loader.Start.ShouldBe(3);
        loader.TotalCount.ShouldBe(1000);
        ShouldBe(loader.Rows, 3, 4, "1:");
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_newest_one_changes_nothing()
    {
        var view = MakeReady();
        using var loader = new RowSourceLoader<Row>(Source);

        var older = loader.LoadAsync(500, 10, null);
        var newer = loader.LoadAsync(700, 10, null);
        foreach (var read in view.Reads.ToArray().Reverse())
            read.Complete();
        foreach (var read in view.Reads.Where(read => !read.Answer.Task.IsCompleted).ToArray())
            read.Complete();

        (await newer).ShouldBeTrue();
        (await older).ShouldBeFalse();
        loader.Start.ShouldBe(700);
        ShouldBe(loader.Rows, 700, 10, "1:");
    }

    [Fact]
    public async Task Disposing_gives_up_what_is_being_loaded()
    {
        MakeReady();
        var loader = new RowSourceLoader<Row>(Source);

        var loading = loader.LoadAsync(500, 10, null);
        loader.Dispose();

        (await loading).ShouldBeFalse();
        loader.Rows.ShouldBeEmpty();
    }
}
