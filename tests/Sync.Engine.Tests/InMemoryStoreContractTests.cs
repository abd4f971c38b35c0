using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine.Tests;

/// <summary>The store that the engine's tests stand on keeps the contract of all stores.</summary>
public sealed class InMemoryStoreContractTests : CollectionStoreContract
{
    private readonly InMemoryDatabase _database = new();

    protected override ValueTask<ISyncStore> OpenDatabaseAsync() => ValueTask.FromResult<ISyncStore>(new InMemorySyncStore(_database));

    protected override int RandomSequences => 3000;
}

/// <summary>What tests do to the store in memory, and no other store lets them do.</summary>
public sealed class InMemoryStoreTests
{
    private static readonly CollectionSchema Notes = new("notes", [new("id", FieldKind.Int64) { IsKey = true }, new("text", FieldKind.Text) { IsIndexed = true }]);

    private readonly InMemoryDatabase _database = new();

    [Fact]
    public async Task Before_ThatThrows_LeavesEverythingUnchanged()
    {
        var (tab, store, fence) = await OpenAsync();
        await store.ApplyAsync(Page("a", 1), default, fence, default);
        List<StoreOperation> operations = [];
        tab.Before = (operation, _) =>
        {
            operations.Add(operation);
            throw new SyncStoreException(SyncStoreFailure.QuotaExceeded, "The disk is full.");
        };
        var before = store.Status;

        await Should.ThrowAsync<SyncStoreException>(async () => await store.ApplyAsync(Page("b", 2), new PullStart(before.Cursor, before.Writes), fence, default));
        await Should.ThrowAsync<SyncStoreException>(async () => await store.Outbox.EditAsync([Edit(1, "x")], DateTimeOffset.UnixEpoch, default));
        await Should.ThrowAsync<SyncStoreException>(async () => await store.OpenViewAsync(ViewQuery.All, default, default));

        tab.Before = null;
        store.Status.ShouldBe(before);
        operations.ShouldBe([new("Apply", "notes", IsStrict: false), new("Edit", "notes", IsStrict: true), new("OpenView", "notes", IsStrict: false)]);
        (await TextsAsync(store)).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Kill_BetweenCommitAndAnswer_KeepsTheWriteAndSaysNothing()
    {
        var (tab, store, fence) = await OpenAsync();
        var other = await new InMemorySyncStore(_database).OpenAsync(Notes, default);
        var raised = 0;
        store.Changed += _ => raised++;
        tab.After = _ =>
        {
            tab.Kill();
            return ValueTask.CompletedTask;
        };

        var torn = store.ApplyAsync(Page("a", 1), default, fence, default).AsTask();
        var late = store.Outbox.EditAsync([Edit(1, "x")], DateTimeOffset.UnixEpoch, default).AsTask();

        other.Status.RowCount.ShouldBe(1);
        (torn.IsCompleted, late.IsCompleted, raised, other.Status.PendingCount).ShouldBe((false, false, 0, 0));
        await other.Outbox.EditAsync([Edit(1, "y")], DateTimeOffset.UnixEpoch, default);
        raised.ShouldBe(0);
    }

    [Fact]
    public async Task Kill_BeforeTheTransaction_WritesNothing()
    {
        var (tab, store, fence) = await OpenAsync();
        var other = await new InMemorySyncStore(_database).OpenAsync(Notes, default);
        var gate = new TaskCompletionSource();
        tab.Before = async (_, _) => await gate.Task;

        var torn = store.ApplyAsync(Page("a", 1), default, fence, default).AsTask();
        tab.Kill();
        gate.SetResult();

        torn.IsCompleted.ShouldBeFalse();
        other.Status.RowCount.ShouldBe(0);
    }

    [Fact]
    public async Task Deliver_ThatLosesTheNotice_LeavesATabToItsOldStatusUntilItWrites()
    {
        var (_, store, fence) = await OpenAsync();
        var tab = new InMemorySyncStore(_database);
        var other = await tab.OpenAsync(Notes, default);
        tab.Deliver = _ => { };
        await store.ApplyAsync(Page("a", 1, 2), default, fence, default);
        other.Status.RowCount.ShouldBe(0);

        (await other.Outbox.EditAsync([Edit(2, "x")], DateTimeOffset.UnixEpoch, default)).Single().Result.ShouldBe(EditResult.Queued);

        other.Status.ShouldBe(store.Status);
        (other.Status.RowCount, other.Status.PendingCount).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Restore_GoesBackToTheCopyAndClosesWhatIsOpen()
    {
        var (_, store, fence) = await OpenAsync();
        await store.ApplyAsync(Page("a", 1, 2), default, fence, default);
        await store.Outbox.EditAsync([Edit(1, "kept")], DateTimeOffset.UnixEpoch, default);
        var (copy, before) = (_database.Copy(), store.Status);
        await store.Outbox.EditAsync([Edit(2, "lost")], DateTimeOffset.UnixEpoch, default);
        await store.ApplyAsync(Page("b", 3), new PullStart(store.Status.Cursor, store.Status.Writes), fence, default);

        for (var round = 0; round < 2; round++)
        {
            _database.Restore(copy);
            (await Should.ThrowAsync<SyncStoreException>(async () => await store.LeadAsync(default))).Failure.ShouldBe(SyncStoreFailure.Unavailable);
            (_, store, fence) = await OpenAsync();
            store.Status.ShouldBe(before with { Writes = before.Writes + 1 });
            (await TextsAsync(store)).ShouldBe(["kept", "2"]);
            await store.ApplyAsync(Page("c", 4), new PullStart(store.Status.Cursor, store.Status.Writes), fence, default);
        }

        _database.Restore(new InMemoryDatabase());
        (_, store, _) = await OpenAsync();
        (store.Status.Cursor, store.Status.PendingCount).ShouldBe((null, 0));
    }

    [Fact]
    public async Task Open_WithAnotherSchema_MakesTabsOfTheOldOneReload()
    {
        var (_, store, fence) = await OpenAsync();
        await store.ApplyAsync(Page("a", 1), default, fence, default);
        var before = store.Status;

        await new InMemorySyncStore(_database).OpenAsync(new CollectionSchema("notes", [new("id", FieldKind.Int64) { IsKey = true }]), default);

        (await Should.ThrowAsync<SyncStoreException>(async () => await store.LeadAsync(default))).Failure.ShouldBe(SyncStoreFailure.Unavailable);
        (await Should.ThrowAsync<SyncStoreException>(async () => await store.Outbox.EditAsync([Edit(1, "x")], DateTimeOffset.UnixEpoch, default))).Message.ShouldContain("Reload");
        store.Status.ShouldBe(before);
    }

    private async Task<(InMemorySyncStore Tab, ICollectionStore Store, long Fence)> OpenAsync()
    {
        var tab = new InMemorySyncStore(_database);
        var store = await tab.OpenAsync(Notes, default);
        return (tab, store, await store.LeadAsync(default));
    }

    private static RowEdit Edit(long key, string text) => new(new RowKey(key), FieldValues.Of(Notes, ("text", text)));

    private static byte[] Page(string next, params int[] keys)
    {
        var page = new PageBuilder(Notes);
        foreach (var key in keys)
            page.Upsert(new RowVersion(0, key), (long)key, $"{key}");
        return page.Build(next);
    }

    private static async Task<IReadOnlyList<string>> TextsAsync(ICollectionStore store)
    {
        var (view, window) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 100), default);
        await using (view)
            return [.. Enumerable.Range(0, window.Count).Select(i => Text(window[i].Span))];
    }

    private static string Text(ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(2);
        reader.Skip();
        return reader.ReadText();
    }
}
