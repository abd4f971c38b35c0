namespace Collection.Benchmarks.Browser;

/// <summary>Ours or the peer in one scenario: runs steps, checks what they saw, and keeps their times.</summary>
internal sealed class Side(BrowserSession browser, Uri address, bool freshPage) : IAsyncDisposable
{
    /// <summary>A database that was filled or deleted goes on tidying up for seconds, and must not slow the other side's run.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly List<Outcome> _outcomes = [];
    private BrowserPage? _page;

    public string Name => _outcomes[0].Side;

    public Timing Timing => new(_outcomes.SelectMany(o => o.Milliseconds));

    /// <summary>The longest task of the main thread in any run, in ms.</summary>
    public double LongestTask => _outcomes.Max(o => o.LongestTask);

    /// <exception cref="InvalidOperationException">The step failed, or saw something else than it had to.</exception>
    public async Task<Timing> RunAsync(Step step, double[] expected)
    {
        if (freshPage)
            await DisposeAsync();
        _page ??= await browser.OpenAsync(address);
        if (step.Before is { } before)
            await _page.RunAsync(before);
        if (freshPage)
            await Task.Delay(Rest);
        var outcome = await _page.RunAsync(step.Operation, step.Arguments);
        Check(step, outcome.Seen, expected);
        _outcomes.Add(outcome);
        return new Timing(outcome.Milliseconds);
    }

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
