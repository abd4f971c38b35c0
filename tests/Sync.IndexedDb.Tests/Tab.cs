using System.Text.Json;
using Microsoft.JSInterop;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>A tab as Blazor's <see cref="IJSRuntime"/>: calls go to the page, and the page's calls come back.</summary>
internal sealed class Tab : IJSRuntime, IAsyncDisposable
{
    // Bytes cross as base64, objects and listeners by number.
    private const string Bridge = """
        window.bridge = {
          objects: [],
          async call(target, name, args) {
            const values = args.map(arg => arg?.bytes !== undefined ? Uint8Array.fromBase64(arg.bytes)
              : arg?.listener !== undefined ? { invokeMethodAsync: (...call) => window.notify(arg.listener, call) } : arg);
            const result = name === 'import' ? await import(new URL(values[0], document.baseURI)) : await this.objects[target][name](...values);
            return result instanceof Uint8Array ? { bytes: result.toBase64() }
              : typeof result === 'object' && result !== null ? { object: this.objects.push(result) - 1 } : { };
          },
        };
        """;

    private readonly List<object> _listeners = [];

    private Tab(IPage page) => Page = page;

    public IPage Page { get; }

    /// <summary>Answers wait for this, so that a test can do something before they arrive.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<Tab> StartAsync(IPage page)
    {
        var tab = new Tab(page);
        await page.ExposeFunctionAsync<int, string[], bool>("notify", tab.Notify);
        await page.EvaluateAsync(Bridge);
        return tab;
    }

    public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => InvokeAsync<TValue>(identifier, CancellationToken.None, args);

    public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) =>
        CallAsync<TValue>(null, identifier, args, cancellationToken);

    /// <summary>Ends the tab as a crash does.</summary>
    public async Task CrashAsync()
    {
        var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Page.Crash += (_, _) => crashed.TrySetResult();
        var session = await Page.Context.NewCDPSessionAsync(Page);
        // The tab that is asked does not answer any more.
        _ = session.SendAsync("Page.crash").ContinueWith(static asked => asked.Exception, TaskScheduler.Default);
        await crashed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Page.CloseAsync();
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();

    private async ValueTask<TValue> CallAsync<TValue>(int? target, string identifier, object?[]? args, CancellationToken cancellationToken)
    {
        var call = new { target, name = identifier, args = (args ?? []).Select(Encode).ToArray() };
        JsonElement? answer;
        try
        {
            answer = await EvaluateAsync(call).WaitAsync(cancellationToken);
        }
        catch (PlaywrightException exception)
        {
            throw new JSException(exception.Message, exception);
        }

        if (answer?.TryGetProperty("bytes", out var bytes) == true)
            return (TValue)(object)bytes.GetBytesFromBase64();
        if (answer?.TryGetProperty("object", out var number) == true)
            return (TValue)(object)new Reference(this, number.GetInt32());
        return default!;
    }

    private async Task<JsonElement?> EvaluateAsync(object call)
    {
        var answer = await Page.EvaluateAsync("({ target, name, args }) => window.bridge.call(target, name, args)", call);
        await Gate;
        return answer;
    }

    private object? Encode(object? argument)
    {
        switch (argument)
        {
            case byte[] bytes:
                return new { bytes = Convert.ToBase64String(bytes) };
            case DotNetObjectReference<StoreScript> { Value: var script }:
                return Listen(script);
            case DotNetObjectReference<LeadershipTerm> { Value: var term }:
                return Listen(term);
            default:
                return argument;
        }
    }

    private object Listen(object listener)
    {
        _listeners.Add(listener);
        return new { listener = _listeners.Count - 1 };
    }

    private bool Notify(int listener, string[] call)
    {
        var method = _listeners[listener].GetType().GetMethod(call[0])!;
        method.IsDefined(typeof(JSInvokableAttribute), inherit: false).ShouldBeTrue(call[0]);
        method.Invoke(_listeners[listener], [.. call.Skip(1)]);
        return true;
    }

    private sealed class Reference(Tab tab, int number) : IJSObjectReference
    {
        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => InvokeAsync<TValue>(identifier, CancellationToken.None, args);

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) =>
            tab.CallAsync<TValue>(number, identifier, args, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
