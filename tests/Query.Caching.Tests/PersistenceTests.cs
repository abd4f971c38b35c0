using System.Text;

namespace Collection.Query.Caching.Tests;

/// <summary>What is kept of queries beyond the life of the cache.</summary>
public sealed class PersistenceTests : CacheTest
{
    private const string Name = "'runs'/Int32:1";

    private readonly ScriptedStorage _storage = new();
    private readonly List<(QueryKey Key, Exception Error)> _failures = [];

    private QueryPersistence<Run> Persistence => new()
    {
        Storage = _storage,
        Write = run => Encoding.UTF8.GetBytes(run.Phase),
        Read = bytes => bytes.Length > 0 ? Of(Encoding.UTF8.GetString(bytes)) : throw new FormatException("The bytes are none."),
        Buster = "1",
    };

    private QueryOptions<Run> Kept => Query with { Persistence = Persistence, StaleTime = TimeSpan.FromMinutes(1) };

    [Fact]
    public void What_was_fetched_is_kept_and_shown_at_the_next_start_as_old_as_it_is()
    {
        Client.Observe(Kept);
        Fetch.Answer(Of("kept"));
        Advance(30);
        Use(new QueryClientOptions { Retry = QueryRetry.None });
        using var run = Client.Observe(Kept);

        (run.Data, run.IsFetching, run.IsStale).ShouldBe((Of("kept"), false, false));
        run.UpdatedAt.ShouldBe(Time.GetUtcNow().AddSeconds(-30));
        Fetch.Calls.ShouldBe(1);
    }

    [Fact]
    public void What_was_kept_and_is_stale_is_shown_while_it_is_fetched_again()
    {
        Keep("old", TimeSpan.FromHours(2));
        using var run = Client.Observe(Kept);
        (run.Data, run.IsFetching, run.IsStale).ShouldBe((Of("old"), true, true));
        Fetch.Answer(Of("new"));

        run.Data.ShouldBe(Of("new"));
        Encoding.UTF8.GetString(_storage.Kept[Name].Data).ShouldBe("new");
    }

    [Fact]
    public void Offline_what_was_kept_is_shown_however_stale()
    {
        Page.GoOffline();
        Keep("old", TimeSpan.FromHours(2));
        using var run = Client.Observe(Kept);

        (run.Data, run.FetchStatus).ShouldBe((Of("old"), FetchStatus.Paused));
    }

    [Fact]
    public void What_is_too_old_or_of_another_version_is_not_shown()
    {
        Keep("ancient", TimeSpan.FromHours(25));
        using (var run = Client.Observe(Kept))
            run.HasData.ShouldBeFalse();
        Use(new QueryClientOptions { Retry = QueryRetry.None });
        Keep("other", TimeSpan.Zero, "2");
        using (var run = Client.Observe(Kept))
            run.HasData.ShouldBeFalse();
    }

    [Fact]
    public void What_cannot_be_read_is_told_and_the_data_is_fetched()
    {
        Client.StorageFailed += (key, error) => _failures.Add((key, error));
        Keep("", TimeSpan.Zero);
        using var run = Client.Observe(Kept);
        Fetch.Answer(Of("fetched"));

        run.Data.ShouldBe(Of("fetched"));
        _failures.Single().Key.ShouldBe(Kept.Key);
        _failures.Single().Error.ShouldBeOfType<FormatException>();
    }

    [Fact]
    public void What_cannot_be_written_is_told_and_the_data_is_there()
    {
        Client.StorageFailed += (key, error) => _failures.Add((key, error));
        _storage.Error = new IOException("The disk is full.");
        using var run = Client.Observe(Kept);
        Fetch.Answer(Of("fetched"));

        run.Data.ShouldBe(Of("fetched"));
        // Once for the read, once for the write.
        _failures.Select(failure => failure.Error).ShouldBe([_storage.Error, _storage.Error]);
    }

    [Fact]
    public void Data_that_is_set_while_the_storage_is_read_is_newer_than_what_is_kept()
    {
        Keep("kept", TimeSpan.Zero);
        _storage.Gate = new TaskCompletionSource();
        using var run = Client.Observe(Kept);
        Client.SetData(Kept.Key, Of("set"));
        _storage.Gate.SetResult();

        (run.Data, run.IsFetching).ShouldBe((Of("set"), true));
    }

    [Fact]
    public void Unmounted_while_the_storage_is_read_nothing_is_fetched()
    {
        _storage.Gate = new TaskCompletionSource();
        Client.Observe(Kept).Dispose();
        _storage.Gate.SetResult();

        Fetch.Calls.ShouldBe(0);
    }

    [Fact]
    public void Of_several_results_during_a_write_the_last_one_alone_is_written_after_it()
    {
        using var run = Client.Observe(Kept);
        _storage.Gate = new TaskCompletionSource();
        Fetch.Answer(Of("first"));
        foreach (var phase in (string[])["second", "third"])
        {
            _ = run.RefetchAsync();
            Fetch.Answer(Of(phase));
        }

        var gate = _storage.Gate;
        _storage.Gate = null;
        gate.SetResult();

        _storage.Written.ShouldBe(["first", "third"]);
    }

    [Fact]
    public void What_is_set_by_hand_or_shown_before_it_is_made_is_not_kept()
    {
        using var run = Client.Observe(Kept);
        Client.SetData(Kept.Key, Of("set"));
        Client.UpdateData<Run>(Kept.Key, data => data with { Phase = "updated" });

        _storage.Written.ShouldBeEmpty();
    }

    [Fact]
    public void Removing_a_query_forgets_what_is_kept_and_collecting_it_does_not()
    {
        var run = Client.Observe(Kept);
        Fetch.Answer(Of("kept"));
        run.Dispose();
        Advance(3600);
        Client.Queries().ShouldBeEmpty();
        _storage.Kept.Keys.ShouldBe([Name]);
        using (Client.Observe(Kept))
            Client.Remove(["runs"]);

        _storage.Kept.ShouldBeEmpty();
    }

    [Fact]
    public void Keys_that_differ_are_kept_apart()
    {
        QueryKey[] keys = [["a/b"], ["a", "b"], ["7"], [7], [7L], [(object?)null], ["null"], ["'a'"], [QueryStatus.Error], [], [""]];

        keys.Select(StoredCopy<Run>.NameOf).Distinct().Count().ShouldBe(keys.Length);
    }

    private void Keep(string phase, TimeSpan age, string buster = "1")
    {
        var updatedAt = Time.GetUtcNow() - age;
        _storage.Kept[Name] = new StoredQuery(Encoding.UTF8.GetBytes(phase), updatedAt, updatedAt + TimeSpan.FromHours(24), buster);
    }

    private sealed class ScriptedStorage : IQueryStorage
    {
        public Dictionary<string, StoredQuery> Kept { get; } = [];

        public List<string> Written { get; } = [];

        public Exception? Error { get; set; }

        /// <summary>What every call waits for.</summary>
        public TaskCompletionSource? Gate { get; set; }

        public async ValueTask<StoredQuery?> ReadAsync(string key, CancellationToken cancellationToken)
        {
            await PassAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return Kept.GetValueOrDefault(key);
        }

        public async ValueTask WriteAsync(string key, StoredQuery query, CancellationToken cancellationToken)
        {
            await PassAsync();
            Written.Add(Encoding.UTF8.GetString(query.Data));
            Kept[key] = query;
        }

        public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken)
        {
            await PassAsync();
            Kept.Remove(key);
        }

        private async Task PassAsync()
        {
            if (Gate is { } gate)
                await gate.Task;
            if (Error is { } error)
                throw error;
        }
    }
}
