using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>
/// A source over a scripted store and a clock that stands still. Each step
/// completes within the call that causes it, so that every order of events can be written down.
/// </summary>
public abstract class RowSourceTest
{
    private protected ManualTime Time { get; } = new();

    private protected ScriptedStore Store { get; } = new();

    private protected List<RowSourceState> States { get; } = [];

    private protected WindowedRowSource<Row> Source { get; private set; } = null!;

    private protected void Make(WindowingOptions? options = null)
    {
        Source = new WindowedRowSource<Row>(Store, Row.Collection, options ?? new WindowingOptions { BlockRows = 10 }, Time);
        Source.Changed += () => States.Add(Source.State);
    }

    /// <summary>A source that shows all rows, with the first window of ten in memory.</summary>
    private protected ScriptedStore.View MakeReady(WindowingOptions? options = null)
    {
        Make(options);
        var first = Get(0, 10);
        var view = Store.Openings.Single().Complete();
        Rows(first).Count.ShouldBe(10);
        Store.Openings.Clear();
        States.Clear();
        return view;
    }

    private protected Task<IReadOnlyList<Row>> Get(int start, int count, CancellationToken cancellationToken = default) =>
        Source.GetAsync(start, count, cancellationToken).AsTask();

    private protected static IReadOnlyList<Row> Rows(Task<IReadOnlyList<Row>> task)
    {
        task.IsCompletedSuccessfully.ShouldBeTrue();
        return task.GetAwaiter().GetResult();
    }

    /// <summary>The one thing that does not end within the call: a delay that is cancelled ends on another thread.</summary>
    private protected static void ShouldBeCancelled(Task task)
    {
        ((IAsyncResult)task).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        task.IsCanceled.ShouldBeTrue();
    }

    private protected static void ShouldBe(IReadOnlyList<Row> rows, int start, int count, string origin) =>
        rows.ShouldBe(Enumerable.Range(start, count).Select(position => new Row(position, origin)));

    private protected static ViewQuery Search(string text) => new() { Search = text };

    private protected static ViewQuery Sorted(SortDirection direction) => new() { Sort = [new("origin", direction)] };
}
