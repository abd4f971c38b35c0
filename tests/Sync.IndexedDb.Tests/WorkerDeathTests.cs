using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The worker ends, as when memory runs out, and another one takes its place.</summary>
[Collection(nameof(Chromium))]
public sealed class WorkerDeathTests(Chromium chromium) : BrowserStoreTests(chromium)
{
    private static readonly string[] Three = ["note 1", "note 2", "note 3"];

    [Fact]
    public async Task AtRest_ViewsAndStatusAndWritesGoOn()
    {
        var (tab, store) = await OpenStoreAsync();
        await ApplyAsync(store, Page("a", 1..4));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All with { Search = "note" }, new RowRange(0, 0), default);
        var before = store.Status;

        await KillAndWaitForTheNextAsync(tab);

        Texts(await view.ReadAsync(new RowRange(0, 3), default)).ShouldBe(Three);
        (await store.ReadValuesAsync("text", 10, default)).ShouldBe(Three);
        store.Status.ShouldBe(before);
        (await ApplyAsync(store, Page("b", 4..6), "a")).RowCount.ShouldBe(5);
        await view.DisposeAsync();
    }

    [Fact]
    public async Task InTheMiddleOfReads_EachIsAnsweredOnce()
    {
        var (tab, store) = await OpenStoreAsync();
        await ApplyAsync(store, Page("a", 1..2001));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default);
        // What is asked from now on is asked of a worker that will not answer.
        await DeafenAsync(tab);
        var windows = Enumerable.Range(0, 10).Select(i => view.ReadAsync(new RowRange(i * 200, 200), default).AsTask()).ToArray();
        var opened = TextsAsync(store, ViewQuery.All with { Search = "note 7" });
        var values = store.ReadValuesAsync("text", 3, default).AsTask();
        var edits = store.Outbox.ReadAsync(OutboxPart.Pending, 10, default).AsTask();

        Kill(tab);

        (await Task.WhenAll(windows)).SelectMany(rows => Texts(rows)).ShouldBe(Enumerable.Range(1, 2000).Select(i => string.Create(CultureInfo.InvariantCulture, $"note {i}")));
        (await opened).Count.ShouldBe(111);
        (await values).Count.ShouldBe(3);
        (await edits).ShouldBeEmpty();
    }

    [Fact]
    public async Task InTheMiddleOfAWrite_SaysThatTheOutcomeIsUnknown()
    {
        var (tab, store) = await OpenStoreAsync();
        await ApplyAsync(store, Page("a", 1..4));
        await DeafenAsync(tab);
        var edit = new RowEdit(new RowKey(1), FieldValues.Of(Notes, ("text", "changed")));
        var writing = store.Outbox.EditAsync([edit], DateTimeOffset.UnixEpoch, default).AsTask();

        Kill(tab);

        var failure = await Should.ThrowAsync<SyncStoreException>(writing);
        failure.Failure.ShouldBe(SyncStoreFailure.Failed);
        failure.Message.ShouldContain("may or may not be stored");
        (await store.Outbox.EditAsync([edit], DateTimeOffset.UnixEpoch, default))[0].Result.ShouldBe(EditResult.Queued);
        (await TextsAsync(store, ViewQuery.All)).ShouldBe(["changed", "note 2", "note 3"]);
    }

    [Fact]
    public async Task AView_WhoseRowsHaveChangedSince_FailsInsteadOfShowingOthers()
    {
        var (tab, store) = await OpenStoreAsync();
        await ApplyAsync(store, Page("a", 1..4));
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 0), default);
        await ApplyAsync(store, Page("b", 4..6), "a");

        await KillAndWaitForTheNextAsync(tab);

        var failure = await Should.ThrowAsync<SyncStoreException>(async () => await view.ReadAsync(new RowRange(0, 3), default));
        failure.Message.ShouldContain("Open the view again");
        (await TextsAsync(store, ViewQuery.All)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task TooOften_IsUnavailable()
    {
        var (tab, store) = await OpenStoreAsync();
        for (var death = 0; death < 3; death++)
        {
            await KillAndWaitForTheNextAsync(tab);
            await TextsAsync(store, ViewQuery.All); // It answers: that it dies is noticed at once.
        }

        await DeafenAsync(tab);
        var reading = TextsAsync(store, ViewQuery.All);

        Kill(tab);

        var failure = await Should.ThrowAsync<SyncStoreException>(reading);
        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("stopped several times");
    }

    private async Task<(Tab Tab, ICollectionStore Store)> OpenStoreAsync()
    {
        var tab = await OpenTabAsync();
        var store = new IndexedDbStore(tab, Name, cacheBytes: 0);
        Opened.Add(store);
        return (tab, await store.OpenAsync(Notes, default));
    }

    // The worker that is asked may not answer any more.
    private static void Kill(Tab tab) =>
        _ = tab.Page.Workers[^1].EvaluateAsync<bool?>("() => { self.close(); }").ContinueWith(static asked => asked.Exception, TaskScheduler.Default);

    private static async Task KillAndWaitForTheNextAsync(Tab tab) => await tab.Page.RunAndWaitForWorkerAsync(() =>
    {
        Kill(tab);
        return Task.CompletedTask;
    });

    private static async Task DeafenAsync(Tab tab) => await tab.Page.Workers[^1].EvaluateAsync<bool?>("() => { self.onmessage = null; }");
}
