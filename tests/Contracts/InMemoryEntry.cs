using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>An edit in the outbox: queued, then sent, then held or gone; or dead. Immutable.</summary>
internal sealed record InMemoryEntry(long Number, RowEdit Edit, DateTimeOffset MadeAt)
{
    /// <summary>Of a sent one: its id. It has not been answered.</summary>
    public long? Id { get; init; }

    /// <summary>Of a held one: the write with which the server's confirmation came. The row that it made is not stored yet.</summary>
    public long? HeldAt { get; init; }

    /// <summary>Of a dead one: why the server has rejected it.</summary>
    public string? Rejection { get; init; }

    public string? Detail { get; init; }

    public bool IsQueued => Id is null && HeldAt is null && Rejection is null;

    public bool IsSent => Id is not null;

    public bool IsPending => IsQueued || IsSent;

    public bool IsDead => Rejection is not null;

    /// <summary>True where views show the edit.</summary>
    public bool IsLive => !IsDead;

    /// <summary>True for one that was set aside, and only uses up its id. Edits without fields come about in no other way.</summary>
    public bool IsVoid => Edit.Fields.Count == 0;
}

/// <summary>An outbox as it stands between two transactions. Immutable: a transaction makes the next one.</summary>
internal sealed class OutboxState
{
    private OutboxState(string? clientId, long lastId, long nextNumber, ImmutableArray<InMemoryEntry> entries)
    {
        ClientId = clientId;
        LastId = lastId;
        NextNumber = nextNumber;
        Entries = entries;
        PendingCount = entries.Count(entry => entry.IsPending);
        DeadLetterCount = entries.Count(entry => entry.IsDead);
    }

    public static OutboxState Empty { get; } = new(null, 0, 1, []);

    /// <summary>The name at the server; null until something is sent.</summary>
    public string? ClientId { get; }

    /// <summary>The last id that was given out.</summary>
    public long LastId { get; }

    /// <summary>The number of the next entry: none is used twice.</summary>
    public long NextNumber { get; }

    /// <summary>The entries by number, which is the order in which they were made.</summary>
    public ImmutableArray<InMemoryEntry> Entries { get; }

    public int PendingCount { get; }

    public int DeadLetterCount { get; }

    public IEnumerable<InMemoryEntry> LiveOf(RowKey key) => Entries.Where(entry => entry.IsLive && entry.Edit.Key == key);

    public ILookup<RowKey, InMemoryEntry> LiveByKey() => Entries.Where(entry => entry.IsLive).ToLookup(entry => entry.Edit.Key);

    public OutboxState Add(RowEdit edit, DateTimeOffset madeAt, string? rejection = null, string? detail = null) =>
        new(ClientId, LastId, NextNumber + 1, Entries.Add(new InMemoryEntry(NextNumber, edit, madeAt) { Rejection = rejection, Detail = detail }));

    public OutboxState Replace(InMemoryEntry entry, InMemoryEntry by) => new(ClientId, LastId, NextNumber, Entries.Replace(entry, by));

    /// <returns>This state itself, where no entry is concerned.</returns>
    public OutboxState Without(Predicate<InMemoryEntry> condition)
    {
        var left = Entries.RemoveAll(condition);
        return left.Length == Entries.Length ? this : new(ClientId, LastId, NextNumber, left);
    }

    /// <summary>Gives the next ids to the first queued entries.</summary>
    public OutboxState Seal(string clientId, int count)
    {
        var id = LastId;
        var sealedEntries = Entries.Select(entry => entry.IsQueued && count-- > 0 ? entry with { Id = ++id } : entry).ToImmutableArray();
        return new(clientId, id, NextNumber, sealedEntries);
    }

    /// <summary>Takes name and ids back.</summary>
    public OutboxState Unseal() =>
        new(null, 0, NextNumber, [.. Entries.Where(entry => !(entry.IsSent && entry.IsVoid)).Select(entry => entry with { Id = null })]);
}
