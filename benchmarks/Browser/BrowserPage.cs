using System.Text.Json;
using Microsoft.Playwright;

namespace Collection.Benchmarks.Browser;

/// <summary>What one operation in the browser took, and what it saw.</summary>
/// <param name="Side">Who did it, with its version.</param>
/// <param name="Milliseconds">One or more times, taken in the browser.</param>
/// <param name="Seen">Counts and keys, to be checked against SQL.</param>
/// <param name="LongestTask">The longest task of the main thread, in ms; 0 where none took 50.</param>
/// <param name="Figures">What else there is to say, by name.</param>
internal sealed record Outcome(string Side, double[] Milliseconds, double[] Seen, double LongestTask, Dictionary<string, double>? Figures);

/// <summary>A page of one side, which runs operations by name.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    /// <summary>Far more than anything takes that somebody would wait for: what has not answered by then never will.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly IPage _page;
    private readonly List<string> _errors = [];

    public BrowserPage(IPage page)
    {
        _page = page;
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _errors.Add(message.Text);
        };
    }

    /// <exception cref="InvalidOperationException">The page could not be loaded or started.</exception>
    public async Task GotoAsync(Uri address) => await TryAsync("loading", async () =>
    {
        await _page.GotoAsync(address.AbsoluteUri);
        return await _page.WaitForFunctionAsync("() => window.run");
    });

    /// <exception cref="InvalidOperationException">The operation failed; the message is the browser's.</exception>
    public async Task<Outcome> RunAsync(string operation, params object[] arguments)
    {
        var call = JsonSerializer.Serialize<object[]>([operation, .. arguments]);
        var outcome = await TryAsync($"'{operation}'", () =>
            _page.EvaluateAsync<string>("async call => JSON.stringify(await run(JSON.parse(call)))", call));
        return JsonSerializer.Deserialize<Outcome>(outcome, JsonSerializerOptions.Web)!;
    }

    public async ValueTask DisposeAsync() => await _page.CloseAsync();

    private async Task<T> TryAsync<T>(string what, Func<Task<T>> action)
    {
        try
        {
            return await action().WaitAsync(Patience);
        }
        catch (Exception e) when (e is PlaywrightException or TimeoutException)
        {
            throw new InvalidOperationException($"{what} failed at {_page.Url}: {e.Message} {string.Join(Environment.NewLine, _errors)}", e);
        }
    }
}
