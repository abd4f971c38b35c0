using System.Diagnostics;

namespace Collection.Benchmarks.Browser;

/// <summary>One contender in one scenario: runs steps, checks what they saw, and keeps their times.</summary>
internal sealed class Side(BrowserSession browser, Uri address, NameOrder order, bool freshPage) : IAsyncDisposable
{
    /// <summary>A database that was filled or deleted goes on tidying up for seconds, and must not slow the other side's run.</summary>
    private static readonly TimeSpan RestAfterWrites = TimeSpan.FromSeconds(5);

    /// <summary>A page that has just been opened goes on compiling.</summary>
    private static readonly TimeSpan RestAfterOpening = TimeSpan.FromSeconds(1);

    private readonly List<Outcome> _outcomes = [];
    private readonly Stopwatch _busy = new();
    private BrowserPage? _page;

    public string Name => _outcomes[0].Side;

    public int Runs => _outcomes.Count;

    public Timing Timing => new(_outcomes.SelectMany(o => o.Milliseconds));

    /// <summary>The longest task of the main thread in any run, in ms.</summary>
    public double LongestTask => _outcomes.Max(o => o.LongestTask);

    /// <summary>The time that all runs have taken, with what is not measured in them.</summary>
    public TimeSpan Busy => _busy.Elapsed;

    /// <exception cref="InvalidOperationException">The step failed, or saw something else than it had to.</exception>
    public async Task<Outcome> RunAsync(Step step)
    {
        if (freshPage)
            await DisposeAsync();
        _page ??= await browser.OpenAsync(address);
        foreach (var before in step.Before)
            await _page.RunAsync(before);
        if (step.IsHeavy)
            await Task.Delay(RestAfterWrites);
        else if (freshPage)
            await Task.Delay(RestAfterOpening);
        _busy.Start();
        var outcome = await _page.RunAsync(step.Operation, step.Arguments);
        _busy.Stop();
        Check(step, outcome.Seen, step.Sees(order));
        _outcomes.Add(outcome);
        return outcome;
    }

    /// <summary>Runs something in the page as it is now, which is no step.</summary>
    /// <exception cref="InvalidOperationException">No step has opened a page yet, or the operation failed.</exception>
    public Task<Outcome> AskAsync(string operation) =>
        _page?.RunAsync(operation) ?? throw new InvalidOperationException($"No page is open to run '{operation}' in.");

    public async ValueTask DisposeAsync()
    {
        if (_page is { } page)
            await page.DisposeAsync();
        _page = null;
    }

    private void Check(Step step, double[] seen, double[] expected)
    {
        if (seen.SequenceEqual(expected))
            return;
        var at = seen.Zip(expected).TakeWhile(pair => pair.First == pair.Second).Count();
        throw new InvalidOperationException(
            $"'{step.Operation}' at {address} saw something else than SQL, so its times mean nothing: {seen.Length} figures instead of {expected.Length}, " +
            $"and the first difference is number {at}: {seen.ElementAtOrDefault(at)} instead of {expected.ElementAtOrDefault(at)}.");
    }
}
