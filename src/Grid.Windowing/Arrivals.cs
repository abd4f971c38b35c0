using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>The keys of rows that came live, each for some seconds.</summary>
internal sealed class Arrivals(TimeProvider timeProvider, TimeSpan duration)
{
    // More than anybody can look at; of more at once, the first ones are marked.
    private const int MaxCount = 1000;

    private readonly Dictionary<RowKey, long> _since = [];

    public void Add(IEnumerable<RowKey> keys)
    {
        if (duration == TimeSpan.Zero)
            return;
        var now = timeProvider.GetTimestamp();
        foreach (var (key, since) in _since)
        {
            if (timeProvider.GetElapsedTime(since, now) >= duration)
                _since.Remove(key);
        }

        foreach (var key in keys)
        {
            if (_since.Count < MaxCount)
                _since[key] = now;
        }
    }

    public bool Contains(RowKey key) =>
        _since.Count > 0 && _since.TryGetValue(key, out var since) && timeProvider.GetElapsedTime(since) < duration;
}
