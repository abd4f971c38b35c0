using Collection.Sync.Abstractions;

namespace Collection.Simulation;

/// <summary>
/// The server, as plain as it can be said: a dictionary of rows with their versions, a log of what every edit did, and
/// the rules of the feed. What it does is right by being obvious; everything else is judged by it.
/// </summary>
internal sealed partial class ServerModel(Trace trace, Counters counters, bool hasTransactions)
{
    private readonly Dictionary<(long Epoch, long Key, RowVersion Version), Stored> _history = [];
    private readonly Dictionary<long, Writing> _open = [];
    private Dictionary<long, Stored> _table = [];
    private Dictionary<string, PushClient> _clients = [];
    private HashSet<(int Browser, DateTimeOffset MadeAt, RowEdit Edit)> _lineage = [];
    private RowVersion _floor = new(0, -1);
    private long _lastTransaction;
    private long _lastSequence;
    private Backup? _backup;

    public long Epoch { get; private set; } = 1;

    /// <summary>Raised after a commit, and when the horizon has moved.</summary>
    public event Action? Moved;

    /// <summary>Raised when a backup was restored: whatever was under way is cut off.</summary>
    public event Action? Restarted;

    public IReadOnlyDictionary<long, Stored> Table => _table;

    public IEnumerable<Stored> VisibleTo(int team) => _table.Values.Where(stored => stored.Row?.Team == team);

    /// <summary>The version of a row as it was written in an epoch; null if the server never did that.</summary>
    public Stored? Written(long epoch, long key, RowVersion version) => _history.GetValueOrDefault((epoch, key, version));

    /// <summary>Readers see what is older than this: the oldest transaction that is open, or the next one.</summary>
    private long Horizon => _open.Count == 0 ? _lastTransaction + 1 : _open.Keys.Min();

    /// <summary>What a first sync that begins now has to go on behind, once it has told all rows.</summary>
    private RowVersion Present => hasTransactions ? new RowVersion(Horizon, -1) : new RowVersion(0, _lastSequence);

    /// <summary>Writes rows in one transaction.</summary>
    public void Commit(IEnumerable<(long Key, Func<Thing?, Thing?> Change)> changes)
    {
        var writing = new Writing(++_lastTransaction);
        foreach (var (key, change) in changes)
            Write(writing, key, change(_table.GetValueOrDefault(key)?.Row));
        Moved?.Invoke();
    }

    /// <summary>Begins a transaction that holds the feed back until it ends.</summary>
    public long Begin()
    {
        _open.Add(++_lastTransaction, new Writing(_lastTransaction));
        counters.Add(Seen.HorizonStall);
        return _lastTransaction;
    }

    /// <summary>Ends such a transaction; one that a restart has ended already does nothing.</summary>
    public void End(long transaction, IEnumerable<(long Key, Func<Thing?, Thing?> Change)> changes)
    {
        if (!_open.Remove(transaction, out var writing))
            return;
        foreach (var (key, change) in changes)
            Write(writing, key, change(_table.GetValueOrDefault(key)?.Row));
        Moved?.Invoke();
    }

    public void EndAll()
    {
        _open.Clear();
        Moved?.Invoke();
    }

    /// <summary>Keeps everything as it is now, for <see cref="Restore"/>.</summary>
    public void TakeBackup() => _backup = new Backup(
        new(_table), _clients.ToDictionary(client => client.Key, client => client.Value.Copy()), [.. _lineage], _floor, _lastTransaction, _lastSequence);

    /// <summary>Goes back to the backup: what came after it is gone, numbers are given out again, and the epoch is another.</summary>
    public bool Restore()
    {
        if (_backup is not { } backup)
            return false;
        _table = new(backup.Table);
        _clients = backup.Clients.ToDictionary(client => client.Key, client => client.Value.Copy());
        _lineage = [.. backup.Lineage];
        (_floor, _lastTransaction, _lastSequence) = (backup.Floor, backup.LastTransaction, backup.LastSequence);
        _open.Clear();
        Epoch++;
        foreach (var (key, stored) in _table)
            _history[(Epoch, key, stored.Version)] = stored;
        counters.Add(Seen.EpochChanged);
        trace.Write($"server restored a backup, epoch {Epoch}");
        Restarted?.Invoke();
        Moved?.Invoke();
        return true;
    }

    /// <summary>Forgets deletions up to now: cursors from before are no longer good.</summary>
    public void Purge()
    {
        if (_table.Values.Where(stored => stored.Row is null).ToList() is not { Count: > 0 } tombstones)
            return;
        // Never past the horizon: a reader at the end of the feed is not sent back.
        var floor = tombstones.Max(stored => stored.Version);
        if (hasTransactions && floor.Transaction >= Horizon)
            return;
        _floor = floor;
        counters.Add(Seen.Purged);
        trace.Write($"server forgot deletions up to {_floor.Transaction}.{_floor.Sequence}");
    }

    /// <summary>True where the feed still tells of this.</summary>
    public bool IsTold(Stored stored) => stored.Row is not null || stored.Version > _floor;

    private void Write(Writing writing, long key, Thing? row)
    {
        var present = _table.GetValueOrDefault(key);
        if (present?.Row == row)
            return;
        // A row's version never falls, though the transaction may be an older one.
        var transaction = hasTransactions ? Math.Max(writing.Transaction, present?.Version.Transaction ?? 0) : 0;
        var stored = new Stored(key, new RowVersion(transaction, ++_lastSequence), row);
        _table[key] = stored;
        _history[(Epoch, key, stored.Version)] = stored;
        trace.Write($"server wrote {key} as {transaction}.{_lastSequence}: {() => row?.ToString() ?? "deleted"}");
    }

    private sealed record Writing(long Transaction);

    private sealed record Backup(
        Dictionary<long, Stored> Table, Dictionary<string, PushClient> Clients, HashSet<(int Browser, DateTimeOffset MadeAt, RowEdit Edit)> Lineage,
        RowVersion Floor, long LastTransaction, long LastSequence);
}
