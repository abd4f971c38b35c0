using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>Browsers whose processes are killed, and started again with the profile that they have left on disk.</summary>
public sealed class KilledBrowserTests(ITestOutputHelper output) : IDisposable
{
    private const string Name = "store-killed";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _profile = Directory.CreateTempSubdirectory("stress-profile").FullName;
    private readonly Random _random = new(Given.Seed);

    [Fact]
    public async Task A_browser_that_is_killed_leaves_a_whole_state_with_every_answered_edit_in_it()
    {
        var kills = Given.Count("STRESS_KILLS", 5);
        output.WriteLine($"STRESS_SEED={Given.Seed}");
        using var playwright = await Playwright.CreateAsync();
        var history = new History(_random);
        var losses = 0;
        for (var kill = 0; ; kill++)
        {
            var when = $"STRESS_SEED={Given.Seed}, kill {kill}";
            var context = await StartAsync(playwright);
            var page = await context.NewPageAsync();
            await page.GotoAsync(Chromium.Site);
            var tab = await Tab.StartAsync(page);
            var database = new IndexedDbStore(tab, Name, _random.Next(2) * IndexedDbStore.DefaultCacheBytes, _random.Next(3) > 0 ? TinyLimits.Json : "{}");
            var store = await database.OpenAsync(History.Schema, default).AsTask().WaitAsync(Patience);
            if (kill > 0 && store.Status.Writes == 0)
            {
                // Nothing is left at all: a person has to hear of it, and a sync begins anew.
                database.Health.Losses.ShouldHaveSingleItem(when).Collection.ShouldBe(History.Schema.Name);
                await database.AcknowledgeLossesAsync(default);
                await history.ForgetAsync();
                losses++;
            }

            // Pages that had not reached the disk are pulled again.
            database.Health.Losses.ShouldBeEmpty(when);
            await history.SettleAsync(store, when, isPowerCut: true).WaitAsync(Patience);
            await history.LeadAsync(store);
            if (kill == kills)
            {
                await Stored.SweptAsync(page, Name).WaitAsync(Patience);
                await history.CompareAsync(store, when);
                await context.CloseAsync();
                break;
            }

            List<Task> pending = [];
            for (var calls = _random.Next(5, 40); calls > 0; calls--)
            {
                pending.Add(await history.AskAsync(store));
                if (_random.Next(3) > 0)
                    await Task.WhenAll(pending).WaitAsync(Patience);
            }

            await Task.Delay(_random.Next(12)); // Any point may be the one.
            pending.FindAll(call => call.IsFaulted).ShouldBeEmpty(when);
            await KillAsync(context);
            // What was asked for is not answered any more.
            _ = Task.WhenAll(pending).ContinueWith(static calls => calls.Exception, TaskScheduler.Default);
        }

        output.WriteLine($"{kills} kills after {history.Calls} calls; {history.LostPages} answered calls of the leader's were gone, and all was lost {losses} times");
    }

    public void Dispose() => Directory.Delete(_profile, recursive: true);

    private async Task<IBrowserContext> StartAsync(IPlaywright playwright)
    {
        // What a browser that was killed leaves here only says that it was the last to use the profile.
        foreach (var file in Directory.GetFiles(_profile, "Singleton*"))
            File.Delete(file);
        var context = await playwright.Chromium.LaunchPersistentContextAsync(_profile, new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = Chromium.Executable,
            Args = Chromium.Arguments,
        });
        await context.RouteAsync(Chromium.Sites, Chromium.AnswerAsync);
        return context;
    }

    /// <summary>Kills all processes of the browser at once.</summary>
    private async Task KillAsync(IBrowserContext context)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Close += (_, _) => closed.TrySetResult();
        var parents = new Dictionary<int, int>();
        var family = new List<int>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var status = await File.ReadAllTextAsync($"{folder}/stat");
                parents[id] = int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
                if ((await File.ReadAllTextAsync($"{folder}/cmdline")).Contains($"--user-data-dir={_profile}", StringComparison.Ordinal))
                    family.Add(id);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        family.ShouldNotBeEmpty();
        for (var i = 0; i < family.Count; i++)
            family.AddRange(parents.Where(pair => pair.Value == family[i] && !family.Contains(pair.Key)).Select(pair => pair.Key));
        var processes = family.ConvertAll(Find);
        foreach (var process in processes)
            process?.Kill();
        foreach (var process in processes)
            await (process?.WaitForExitAsync() ?? Task.CompletedTask).WaitAsync(Patience);
        await closed.Task.WaitAsync(Patience);
    }

    private static Process? Find(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
