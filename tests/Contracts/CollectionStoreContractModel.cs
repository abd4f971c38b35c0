using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>
/// What a store holds, said as plainly as possible: rows are dictionaries of values, and everything is computed anew
/// when it is asked for. Random sequences of operations are compared with it.
/// </summary>
internal sealed class CollectionStoreContractModel
{
    private Generation _shown = new();
    private Generation? _refilling;
    private string? _clientId;
    private long _lastId;
    private int _time;

    public List<Entry> Entries { get; private set; } = [];

    public IReadOnlyList<Entry> Pending => [.. Entries.Where(entry => entry.State is State.Queued or State.Sent)];

    public IReadOnlyList<Entry> Dead => [.. Entries.Where(entry => entry.State == State.Dead)];

    public (string? Cursor, long? Epoch, bool IsComplete, int RowCount, int Pending, int Dead) Status =>
        ((_refilling ?? _shown).Cursor, (_refilling ?? _shown).Epoch, _shown.IsComplete, _shown.Rows.Values.Count(row => row.Values is not null), Pending.Count, Dead.Count);

    public (string? Cursor, int Time) Ask() => ((_refilling ?? _shown).Cursor, _time);

    public SortedDictionary<long, Dictionary<string, object?>> Rows()
    {
        var rows = new SortedDictionary<long, Dictionary<string, object?>>();
        foreach (var key in _shown.Rows.Keys)
        {
            if (Show(key) is { } row)
                rows.Add(key, row);
        }

        return rows;
    }

    public Dictionary<string, object?>? Show(long key, Entry? until = null)
    {
        if (!_shown.Rows.TryGetValue(key, out var stored) || stored.Values is null)
            return null;
        var row = new Dictionary<string, object?>(stored.Values);
        foreach (var entry in Entries.TakeWhile(entry => entry != until).Where(entry => entry.Key == key && entry.State != State.Dead))
        {
            if (Holds(row, entry.If))
                row = With(row, entry.Fields);
        }

        return row;
    }

    public void Apply(IReadOnlyList<Change> page, (string? Cursor, int Time) asked, string next, bool more, long epoch)
    {
        _time++;
        var target = _refilling ?? _shown;
        if (target.Cursor != asked.Cursor)
            return;
        target.Take(page);
        (target.Cursor, target.Epoch) = (next, epoch);
        if (more)
            return;
        target.IsComplete = true;
        (_shown, _refilling) = (target, null);
        Entries.RemoveAll(entry => entry.State == State.Held && entry.HeldAt <= asked.Time);
    }

    public void Hint(IReadOnlyList<Change> page, long epoch)
    {
        _time++;
        foreach (var generation in new[] { _shown, _refilling })
        {
            if (generation?.Epoch == epoch)
                generation.Take(page);
        }
    }

    public void Reset()
    {
        _time++;
        _refilling = new Generation();
    }

    public EditResult Edit(long key, Dictionary<string, object?> fields, Dictionary<string, object?> condition)
    {
        _time++;
        if (Show(key) is not { } row)
            return EditResult.Missing;
        if (!Holds(row, condition))
            return EditResult.Condition;
        var last = Entries.LastOrDefault(entry => entry.Key == key && entry.State != State.Dead);
        var isOne = last is { State: State.Queued }
            && condition.Keys.All(last.Fields.ContainsKey)
            && (last.If.Count == 0 || condition.Count > 0)
            && Holds(Show(key, until: last)!, last.If);
        if (isOne)
            last!.Fields = With(last.Fields, fields);
        else
            Entries.Add(new Entry(key, fields, condition));
        return EditResult.Queued;
    }

    public IReadOnlyList<Entry> Seal(string newClientId, int maxCount)
    {
        _time++;
        var batch = Entries.Where(entry => entry.State == State.Sent).Concat(Entries.Where(entry => entry.State == State.Queued)).Take(maxCount).ToList();
        if (batch.Count > 0)
            _clientId ??= newClientId;
        foreach (var entry in batch.Where(entry => entry.State == State.Queued))
            (entry.State, entry.Id) = (State.Sent, ++_lastId);
        return batch;
    }

    public void Acknowledge(string clientId, IEnumerable<(long Id, string? Rejection)> results, IReadOnlyList<Change>? rows, long epoch)
    {
        _time++;
        if (clientId != _clientId)
            return;
        foreach (var (id, rejection) in results)
        {
            if (Entries.SingleOrDefault(entry => entry.State == State.Sent && entry.Id == id) is not { } entry)
                continue;
            var isStored = rows is not null && rows.Any(row => row.Key == entry.Key) && _shown.Epoch == epoch && (_refilling is null || _refilling.Epoch == epoch);
            if (entry.Fields.Count == 0 || (rejection is null && isStored))
                Entries.Remove(entry);
            else
                (entry.State, entry.HeldAt, entry.Rejection) = (rejection is null ? State.Held : State.Dead, _time, rejection);
        }

        if (rows is not null)
            Hint(rows, epoch);
    }

    public void Retry(IEnumerable<Entry> entries)
    {
        _time++;
        foreach (var entry in entries.Where(entry => entry.State == State.Dead && Show(entry.Key) is not null).ToList())
        {
            Entries.Remove(entry);
            Entries.Add(new Entry(entry.Key, entry.Fields, []));
        }
    }

    public void Discard(IEnumerable<Entry> entries)
    {
        _time++;
        foreach (var entry in entries.Where(entry => entry.State is State.Dead or State.Queued).ToList())
            Entries.Remove(entry);
    }

    public void SetAside(long id, string rejection)
    {
        _time++;
        if (Entries.SingleOrDefault(entry => entry.State == State.Sent && entry.Id == id && entry.Fields.Count > 0) is not { } entry)
            return;
        Entries.Add(new Entry(entry.Key, entry.Fields, entry.If) { State = State.Dead, Rejection = rejection });
        (entry.Fields, entry.If) = ([], []);
    }

    public void Renumber()
    {
        _time++;
        (_clientId, _lastId) = (null, 0);
        Entries.RemoveAll(entry => entry.State == State.Sent && entry.Fields.Count == 0);
        foreach (var entry in Entries.Where(entry => entry.State == State.Sent))
            entry.State = State.Queued;
    }

    private static bool Holds(Dictionary<string, object?> row, Dictionary<string, object?> condition) =>
        condition.All(value => Equals(row[value.Key], value.Value));

    private static Dictionary<string, object?> With(Dictionary<string, object?> values, Dictionary<string, object?> newer)
    {
        var all = new Dictionary<string, object?>(values);
        foreach (var (field, value) in newer)
            all[field] = value;
        return all;
    }

    internal enum State
    {
        Queued,
        Sent,
        Held,
        Dead,
    }

    internal sealed class Entry(long key, Dictionary<string, object?> fields, Dictionary<string, object?> condition)
    {
        public long Key { get; } = key;

        public Dictionary<string, object?> Fields { get; set; } = fields;

        public Dictionary<string, object?> If { get; set; } = condition;

        public State State { get; set; }

        public long Id { get; set; }

        public int HeldAt { get; set; }

        public string? Rejection { get; set; }
    }

    /// <param name="Key">The row.</param>
    /// <param name="Version">Its version.</param>
    /// <param name="Values">Its values; null where it is deleted.</param>
    internal sealed record Change(long Key, RowVersion Version, Dictionary<string, object?>? Values);

    private sealed class Generation
    {
        public Dictionary<long, Change> Rows { get; } = [];

        public string? Cursor { get; set; }

        public long? Epoch { get; set; }

        public bool IsComplete { get; set; }

        public void Take(IEnumerable<Change> page)
        {
            foreach (var change in page)
            {
                if (!Rows.TryGetValue(change.Key, out var known) || change.Version > known.Version)
                    Rows[change.Key] = change;
            }
        }
    }
}
