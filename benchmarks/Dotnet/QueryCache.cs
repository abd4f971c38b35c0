using System.Diagnostics;
using Collection.Query.Caching;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// The query cache with 5,000 queries and two observers each, beside one with 50: the same work on the same 50 queries
/// must cost the same, however many there are besides. Fetches are answered at once, and time is virtual.
/// </summary>
internal sealed class QueryCache : IDisposable
{
    private const int Operations = 2_000;
    private const int Worked = 50;
    private const int Seed = 20261123;

    private static readonly TimeSpan s_gcTime = TimeSpan.FromMinutes(5);

    private readonly VirtualTime _time = new();
    private readonly QueryClient _client;
    private readonly QueryOptions<int>[] _queries;
    private readonly QueryObserver<int>[] _observers;
    private readonly MemoryStorage _storage = new();
    private readonly int[] _few;
    private readonly int[] _all;
    private int _fetches;
    private int _told;
    private int _value;

    private QueryCache(int count)
    {
        _client = new QueryClient(_time, options: new QueryClientOptions { GcTime = s_gcTime, StaleTime = Timeout.InfiniteTimeSpan });
        _queries = [.. Enumerable.Range(0, count).Select(i => new QueryOptions<int> { Key = ["runs", i, "status"], Fetch = FetchAsync })];
        _observers = new QueryObserver<int>[count * 2];
        var persistence = new QueryPersistence<int> { Storage = _storage, Write = BitConverter.GetBytes, Read = bytes => BitConverter.ToInt32(bytes) };
        for (var i = 0; i < count; i++)
            _ = _client.Observe(new QueryOptions<int> { Key = ["kept", i], Fetch = FetchAsync, Persistence = persistence }).Data;
        _few = Order(Worked);
        _all = Order(count);
        Observe(0, count);
    }

    private (string Name, Func<TimeSpan> Run)[] Kinds => [("notify", () => Notify(_few)), ("invalidate", Invalidate), ("collect", Collect), ("notify_all", () => Notify(_all)), ("persist", Persist)];

    public static Task<Result> MeasureAsync(string name, int runs)
    {
        int[] counts = [50, 500, 5_000];
        var caches = counts.Select(count => new QueryCache(count)).ToArray();
        var samples = caches.Select(cache => cache.Kinds.Select(_ => new List<double>()).ToArray()).ToArray();

        // The first runs of each kind are the compiler's. Sizes take turns, so that what the machine does meets all alike.
        const int warmups = 10;
        for (var run = 0; run < warmups + (4 * runs); run++)
        {
            for (var i = 0; i < caches.Length; i++)
            {
                for (var kind = 0; kind < caches[i].Kinds.Length; kind++)
                {
                    var time = caches[i].Kinds[kind].Run();
                    if (run >= warmups)
                        samples[i][kind].Add(time.TotalMilliseconds);
                }
            }
        }

        foreach (var cache in caches)
            cache.Dispose();
        var beside =
            from kind in Enumerable.Range(0, caches[0].Kinds.Length)
            from i in Enumerable.Range(0, counts.Length)
            select ($"{caches[0].Kinds[kind].Name}_us_{counts[i]}", new Timing(samples[i][kind]).Median * 1000 / Operations);
        return Task.FromResult(new Result(name, counts[^1], Rounds(samples[^1]), $"the same with {counts[0]} queries", Rounds(samples[0]), [.. beside]));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>One sample: a round of each of the kinds that work on the same queries at every size.</summary>
    private static Timing Rounds(List<double>[] kinds) => new(Enumerable.Range(0, kinds[0].Count).Select(run => kinds[..3].Sum(samples => samples[run])));

    private static int[] Order(int count)
    {
        int[] order = [.. Enumerable.Range(0, Operations).Select(i => i % count)];
        new Random(Seed).Shuffle(order);
        return order;
    }

    /// <summary>New data for one query, of which its two observers are told.</summary>
    private TimeSpan Notify(int[] order) => Timed(() =>
    {
        foreach (var i in order)
            _client.SetData(_queries[i].Key, ++_value);
        Check(_told, Operations * 2, "notifications");
    });

    /// <summary>One query of many is invalidated by the prefix of its key, and fetched.</summary>
    private TimeSpan Invalidate() => Timed(() =>
    {
        foreach (var i in _few)
            _ = _client.InvalidateAsync(["runs", i]);
        Check(_fetches, Operations, "fetches");
    });

    /// <summary>Queries are left by their observers, collected when their time has come, and observed and fetched anew.</summary>
    private TimeSpan Collect() => Timed(() =>
    {
        for (var done = 0; done < Operations; done += Worked)
        {
            for (var i = 0; i < Worked * 2; i++)
                _observers[i].Dispose();
            _time.Advance(s_gcTime);
            Observe(0, Worked);
        }

        Check(_fetches, Operations, "queries fetched anew");
    });

    /// <summary>One query of many that are kept is fetched again, and written.</summary>
    private TimeSpan Persist()
    {
        _storage.Writes = 0;
        var time = Timed(() =>
        {
            foreach (var i in _few)
                _ = _client.InvalidateAsync(["kept", i]);
        });
        Check(_storage.Writes, Operations, "writes");
        return time;
    }

    private void Observe(int start, int end)
    {
        for (var i = start * 2; i < end * 2; i++)
        {
            var observer = _client.Observe(_queries[i / 2]);
            observer.Changed += () => _told += observer.Data > 0 ? 1 : 0;
            _ = observer.Data;
            _observers[i] = observer;
        }
    }

    private TimeSpan Timed(Action operations)
    {
        (_told, _fetches) = (0, 0);
        var start = Stopwatch.GetTimestamp();
        operations();
        return Stopwatch.GetElapsedTime(start);
    }

    private Task<int> FetchAsync(CancellationToken cancellationToken)
    {
        _fetches++;
        return Task.FromResult(++_value);
    }

    private static void Check(int count, int expected, string of)
    {
        if (count != expected)
            throw new InvalidOperationException($"There were {count} {of} where {expected} were expected, so the times mean nothing.");
    }

    private sealed class MemoryStorage : IQueryStorage
    {
        private readonly Dictionary<string, StoredQuery> _kept = [];

        public int Writes { get; set; }

        public ValueTask<StoredQuery?> ReadAsync(string key, CancellationToken cancellationToken) => new(_kept.GetValueOrDefault(key));

        public ValueTask WriteAsync(string key, StoredQuery query, CancellationToken cancellationToken)
        {
            Writes++;
            _kept[key] = query;
            return ValueTask.CompletedTask;
        }

        public ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
        {
            _kept.Remove(key);
            return ValueTask.CompletedTask;
        }
    }
}
