using System.Globalization;
using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>The rows of a server, for tests that look at what is stored and not at each call: all keys from 1 on are there, and none goes.</summary>
internal sealed class Truth(int count)
{
    private readonly long[] _versions = [.. Enumerable.Range(1, count).Select(key => (long)key)];
    private long _version = count;
    private int _pages;

    public int Count => count;

    /// <summary>Where the last page ends.</summary>
    public SyncCursor Cursor => new($"cursor{_pages}");

    /// <summary>Every row.</summary>
    public byte[] Snapshot() => Page(Enumerable.Range(1, count));

    /// <summary>Gives rows new values.</summary>
    public byte[] Update(params IReadOnlyList<int> keys)
    {
        foreach (var key in keys)
            _versions[key - 1] = ++_version;
        return Page(keys);
    }

    /// <summary>What a store has to show of the rows, with edits on top.</summary>
    public async Task<ICollectionStore> ModelAsync(params IEnumerable<RowEdit> edits)
    {
        var model = await new InMemorySyncStore(new InMemoryDatabase()).OpenAsync(History.Schema, default);
        await model.ApplyAsync(Snapshot(), new PullStart(null, 0), await model.LeadAsync(default), default);
        foreach (var edit in edits)
            await model.Outbox.EditAsync([edit], DateTimeOffset.UnixEpoch, default);
        return model;
    }

    /// <summary>An edit of a row.</summary>
    public static RowEdit Edit(int key, int number) =>
        new(new RowKey(key), FieldValues.Of(History.Schema, ("name", Text("edit", number)), ("rank", number)));

    private static string Text(string word, long number) => string.Create(CultureInfo.InvariantCulture, $"{word} {number}");

    private byte[] Page(IEnumerable<int> keys)
    {
        var page = new PageBuilder(History.Schema);
        foreach (var key in keys)
        {
            var version = _versions[key - 1];
            page.Upsert(new RowVersion(0, version), (long)key, Text(version % 3 == 0 ? "Éclair" : "row", version * 7919 % 1000), version % 4 == 0 ? null : (int)(version % 50), version * 0.5, new string('m', (int)(version % 90)));
        }

        _pages++;
        return page.Build(Cursor.Value);
    }
}
