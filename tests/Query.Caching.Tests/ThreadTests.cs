namespace Collection.Query.Caching.Tests;

/// <summary>A client that is used from many threads at once, as on a server.</summary>
public sealed class ThreadTests
{
    [Fact]
    public async Task From_many_threads_observers_come_and_go_and_the_cache_ends_consistent()
    {
        var seed = Environment.TickCount;
        using var client = new QueryClient(TimeProvider.System, options: new QueryClientOptions { Retry = QueryRetry.None, GcTime = Timeout.InfiniteTimeSpan });
        var (running, most) = (0, 0);
        var options = Enumerable.Range(0, 4).Select(i => new QueryOptions<int> { Key = ["n", i], Fetch = FetchAsync }).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var random = new Random(seed + worker);
            for (var i = 0; i < 500; i++)
            {
                var option = options[random.Next(options.Length)];
                switch (random.Next(6))
                {
                    case 0:
                        await client.FetchAsync(option, CancellationToken.None);
                        break;
                    case 1:
                        _ = client.InvalidateAsync(["n"]);
                        break;
                    case 2:
                        client.SetData(option.Key, random.Next());
                        break;
                    default:
                        using (var observer = client.Observe(option))
                        {
                            observer.Changed += () => _ = observer.Data;
                            await Task.Yield();
                            observer.Show(options[random.Next(options.Length)]);
                            await Task.Yield();
                        }

                        break;
                }
            }
        })));

        client.Queries().ShouldAllBe(query => query.ObserverCount == 0 && query.FetchStatus == FetchStatus.Idle, $"seed {seed}");
        foreach (var option in options)
            (await client.FetchAsync(option, CancellationToken.None)).ShouldBeGreaterThanOrEqualTo(0);
        most.ShouldBeGreaterThan(0);

        async Task<int> FetchAsync(CancellationToken cancellationToken)
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            try
            {
                await Task.Yield();
                return running;
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }
}
