using System.Globalization;
using Collection.Sync.Abstractions;
using Xunit.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>A number that a run is given by its environment: <c>eng/stress.sh</c> gives greater ones than the tests.</summary>
internal static class Given
{
    public static int Count(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : otherwise;

    public static int Seed { get; } = Count("STRESS_SEED", Random.Shared.Next());
}

/// <summary>Tabs that crash at any point of what the store does.</summary>
[Collection(nameof(Chromium))]
public sealed class CrashStressTests(Chromium chromium, ITestOutputHelper output) : BrowserStoreTests(chromium)
{
    private const int MostCalls = 60;

    private static readonly string[] Kinds = [Doing.Sync, Doing.Edit, Doing.Merge, Doing.Compact, Doing.Swap, Doing.Save];

    private readonly Random _random = new(Given.Seed);
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    [Fact]
    public async Task A_tab_that_crashes_leaves_a_whole_state_with_every_answered_call_in_it()
    {
        var crashes = Given.Count("STRESS_CRASHES", 60);
        output.WriteLine($"STRESS_SEED={Given.Seed}");
        await using var activity = new Activity();
        var history = new History(_random);
        long? rewriting = null;
        for (var crash = 0; ; crash++)
        {
            var when = $"STRESS_SEED={Given.Seed}, crash {crash}";
            var tab = await OpenTabAsync();
            await activity.ListenAsync(tab.Page);
            // Mostly so small that everything is merged and compacted all the time.
            var isTiny = _random.Next(6) > 0;
            var database = new IndexedDbStore(tab, Name, _random.Next(2) * IndexedDbStore.DefaultCacheBytes, isTiny ? TinyLimits.Json : "{}");
            var store = await database.OpenAsync(History.Schema, default).AsTask().WaitAsync(Patience);
            await history.SettleAsync(store, when).WaitAsync(Patience);
            (database.Health.MemoryOnlyReason, database.Health.Losses.Length).ShouldBe((null, 0), when);
            await history.LeadAsync(store);
            if (crash > 0)
            {
                var stored = await Stored.ReadAsync(tab.Page, Name);
                if (stored.Rewriting is not null && stored.Rewriting != rewriting)
                    Count("a compaction was left unfinished");
                rewriting = stored.Rewriting;
            }

            if (crash == crashes)
            {
                await Stored.SweptAsync(tab.Page, Name).WaitAsync(Patience);
                await history.CompareAsync(store, when);
                break;
            }

            Count(await CrashAsync(history, tab, store, activity, Kinds[_random.Next(isTiny ? Kinds.Length : 2)]));
        }

        output.WriteLine($"{crashes} crashes after {history.Calls} calls; under way were: {string.Join(", ", _counts.Select(count => $"{count.Key} {count.Value}"))}");
    }

    /// <summary>Makes calls until the worker stops where it was told to, or for a while, and ends the tab.</summary>
    private async Task<string> CrashAsync(History history, Tab tab, ICollectionStore store, Activity activity, string kind)
    {
        var isTrapped = _random.Next(3) > 0;
        if (isTrapped)
            await Activity.StopAsync(tab.Page, kind, _random.Next(kind is Doing.Compact or Doing.Swap ? 8 : 4));
        List<Task> pending = [];
        for (var calls = isTrapped ? MostCalls : _random.Next(1, 16); calls > 0 && !activity.Stopped.IsCompleted; calls--)
        {
            pending.Add(await history.AskAsync(store));
            if (_random.Next(3) > 0)
            {
                var answered = Task.WhenAll(pending);
                await await Task.WhenAny(answered, activity.Stopped).WaitAsync(Patience);
            }
        }

        if (!isTrapped)
            pending.Add(await history.AskAsync(store));
        if (!activity.Stopped.IsCompleted)
            await Task.Delay(_random.Next(12)); // Any point may be the one.
        var current = activity.Stopped.IsCompleted ? kind : activity.Current ?? (pending.TrueForAll(call => call.IsCompleted) ? "nothing" : "a call that was waiting");
        pending.FindAll(call => call.IsFaulted).ShouldBeEmpty();
        await tab.CrashAsync();
        // What was asked for is not answered any more.
        _ = Task.WhenAll(pending).ContinueWith(static calls => calls.Exception, TaskScheduler.Default);
        return current;
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;
}
