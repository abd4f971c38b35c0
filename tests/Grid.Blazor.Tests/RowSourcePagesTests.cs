using Collection.Grid.Windowing.Tests;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor.Tests;

public sealed class RowSourcePagesTests : RowSourceTest
{
    [Fact]
    public async Task Rows_in_memory_are_a_completed_task()
    {
        MakeReady();

        var answer = Source.GetPageAsync(2, 5, null, default);

        answer.IsCompletedSuccessfully.ShouldBeTrue();
        var page = await answer;
        page.TotalCount.ShouldBe(1000);
        ShouldBe(page.Rows, 2, 5, "1:");
    }

    [Fact]
    public async Task Without_a_count_no_more_rows_are_read_than_a_page_may_have()
    {
        var view = MakeReady();
        view.IsInMemory = true;

        (await Source.GetPageAsync(0, null, null, default)).Rows.Count.ShouldBe(RowSourcePages.MaxRows);
        (await Source.GetPageAsync(0, 1000, null, default)).Rows.Count.ShouldBe(RowSourcePages.MaxRows);
    }

    [Fact]
    public async Task What_the_grid_sorts_by_becomes_the_query()
    {
        MakeReady();

        var answer = Source.GetPageAsync(0, 10, [new FieldSort("origin", SortDirection.Descending)], default).AsTask();
        Source.Query.ShouldBe(Sorted(SortDirection.Descending));
        Store.Openings.Single().Complete();

        ShouldBe((await answer).Rows, 0, 10, "1:Descending");
    }

    [Fact]
    public async Task A_grid_that_does_not_sort_leaves_the_query_as_it_is()
    {
        MakeReady();
        var sorting = Source.QueryAsync(Sorted(SortDirection.Ascending));
        Store.Openings.Single().Complete();
        await sorting;

        await Source.GetPageAsync(0, 10, null, default);

        Source.Query.ShouldBe(Sorted(SortDirection.Ascending));
    }

    [Fact]
    public async Task A_sort_that_a_later_query_takes_over_leaves_the_rows_that_are_shown()
    {
        MakeReady();

        var answer = Source.GetPageAsync(0, 10, [new FieldSort("origin")], default).AsTask();
        var later = Source.QueryAsync(Sorted(SortDirection.Descending));
        Store.Openings[0].Complete();

        ShouldBe((await answer).Rows, 0, 10, "1:");
        Store.Openings[^1].Complete();
        await later;
        ShouldBe((await Source.GetPageAsync(0, 10, null, default)).Rows, 0, 10, "1:Descending");
    }

    [Fact]
    public async Task A_cancelled_request_throws_with_its_own_token()
    {
        MakeReady();
        using var request = new CancellationTokenSource();

        var answer = Source.GetPageAsync(500, 10, null, request.Token).AsTask();
        await request.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(answer)).CancellationToken.ShouldBe(request.Token);
    }
}
