using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class DisposeTests : RowSourceTest
{
    [Fact]
    public void DisposeAsync_DuringARead_WaitsForItAndClosesTheView()
    {
        var view = MakeReady();
        var rows = Get(100, 10);
        var disposal = Source.DisposeAsync().AsTask();
        rows.Exception!.InnerException.ShouldBeOfType<ObjectDisposedException>();
        view.Reads[0].CancellationToken.IsCancellationRequested.ShouldBeTrue();
        view.IsDisposed.ShouldBeFalse();
        disposal.IsCompleted.ShouldBeFalse();
        view.Reads[0].Answer.SetCanceled(view.Reads[0].CancellationToken);
        view.IsDisposed.ShouldBeTrue();
        disposal.IsCompletedSuccessfully.ShouldBeTrue();
        Store.IsUnobserved.ShouldBeTrue();
        States.ShouldBeEmpty();
    }

    [Fact]
    public void DisposeAsync_DuringAQuery_ClosesTheViewThatStillComes()
    {
        MakeReady();
        var query = Source.QueryAsync(Sorted(SortDirection.Ascending));
        var disposal = Source.DisposeAsync().AsTask();
        var late = Store.Openings.Single().Complete();
        late.IsDisposed.ShouldBeTrue();
        ShouldBeCancelled(query);
        disposal.IsCompletedSuccessfully.ShouldBeTrue();
        States.ShouldBeEmpty();
    }

    [Fact]
    public async Task DisposeAsync_DuringThePauseInTyping_ReadsNothing()
    {
        var view = MakeReady();
        var query = Source.QueryAsync(Search("a"));
        await Source.DisposeAsync();
        ShouldBeCancelled(query);
        Time.Advance(1000);
        Store.Openings.ShouldBeEmpty();
        view.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public async Task DisposeAsync_FromWithinChanged_IsTheEnd()
    {
        MakeReady();
        var disposal = Task.CompletedTask;
        Source.Changed += () => disposal = Source.DisposeAsync().AsTask();
        Source.QueryAsync(Sorted(SortDirection.Ascending)).IsCompleted.ShouldBeFalse();
        var view = Store.Openings.Single().Complete();
        await disposal;
        view.IsDisposed.ShouldBeTrue();
    }

    [Fact]
    public async Task After_DisposeAsync_nothing_can_be_asked()
    {
        var view = MakeReady();
        await Source.DisposeAsync();
        await Source.DisposeAsync();
        view.IsDisposed.ShouldBeTrue();
        Source.TryGet(0, 1, out _).ShouldBeFalse();
        Should.Throw<ObjectDisposedException>(() => Source.QueryAsync(ViewQuery.All));
        Should.Throw<ObjectDisposedException>(() => Get(0, 1));
    }
}
