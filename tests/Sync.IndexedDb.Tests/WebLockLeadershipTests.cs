using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>One leader among tabs: closed, crashed, frozen and busy ones.</summary>
[Collection(nameof(Chromium))]
public sealed class WebLockLeadershipTests(Chromium chromium) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _name = $"lead-{Guid.NewGuid()}";
    private readonly List<IAsyncDisposable> _opened = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var opened in Enumerable.Reverse(_opened))
            await opened.DisposeAsync();
    }

    [Fact]
    public async Task Acquire_IsGrantedToOneTabAndToTheNextWhenItsTermEnds()
    {
        var (first, second) = (await OpenTabAsync(), await OpenTabAsync());
        var term = await AcquireAsync(first);
        var next = AcquireAsync(second);
        await QueuedAsync(1);
        next.IsCompleted.ShouldBeFalse();

        await term.DisposeAsync();

        (await next.WaitAsync(Patience)).Lost.IsCancellationRequested.ShouldBeFalse();
        term.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task Acquire_OfAnotherName_DoesNotWait()
    {
        var tab = await OpenTabAsync();
        await AcquireAsync(tab);

        await AcquireAsync(tab, "others").WaitAsync(Patience);
    }

    [Fact]
    public async Task Close_OfTheLeadersTab_LetsTheNextOneLeadWithoutAQuestion()
    {
        var (first, second) = (await chromium.OpenTabAsync(), await OpenTabAsync());
        await AcquireAsync(first);
        // Without a timer nobody asks: it is the browser that hands the lock on.
        await second.Page.EvaluateAsync("() => { window.setInterval = () => 0; }");
        var next = AcquireAsync(second);
        await QueuedAsync(1);

        await first.DisposeAsync();

        await next.WaitAsync(Patience);
    }

    [Fact]
    public async Task Freeze_OfTheLeadersTab_IsNoticedAndTheLeaderHearsOfItWhenItWakesUp()
    {
        var (first, second) = (await OpenTabAsync(), await OpenTabAsync());
        var term = await AcquireAsync(first);
        var lost = IsLost(term);
        // Chromium freezes no page that is visible, and a debugger stops it as thoroughly.
        var debugger = await first.Page.Context.NewCDPSessionAsync(first.Page);
        await debugger.SendAsync("Debugger.enable");
        await debugger.SendAsync("Debugger.pause");

        var next = await AcquireAsync(second).WaitAsync(Patience);

        term.Lost.IsCancellationRequested.ShouldBeFalse();
        await debugger.SendAsync("Debugger.disable");
        await lost;
        next.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task Leader_ThatAnswers_IsLeftAloneByAnyNumberOfQuestions()
    {
        var (first, second) = (await OpenTabAsync(), await OpenTabAsync());
        // A second of this tab is a tenth of one: a busy machine still answers within three of them.
        await second.Page.EvaluateAsync("() => { const set = window.setInterval; window.setInterval = (body, time) => set(body, time / 10); }");
        var term = await AcquireAsync(first);
        await first.Page.EvaluateAsync(
            "name => { window.asked = new Promise(done => { let count = 0; new BroadcastChannel(name).onmessage = ({ data }) => { if (data === 'where' && ++count === 12) done(); }; }); }",
            $"{_name}/leader/notes");

        var next = AcquireAsync(second);
        await first.Page.EvaluateAsync("() => window.asked").WaitAsync(Patience);

        next.IsCompleted.ShouldBeFalse();
        term.Lost.IsCancellationRequested.ShouldBeFalse();
        await term.DisposeAsync();
        await next.WaitAsync(Patience);
    }

    [Fact]
    public async Task Acquire_Cancelled_LeavesTheQueue()
    {
        var tab = await OpenTabAsync();
        var term = await AcquireAsync(tab);
        using var cancelled = new CancellationTokenSource();
        var waiting = new WebLockLeadership(tab, _name).AcquireAsync("notes", cancelled.Token).AsTask();
        await QueuedAsync(1);

        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await QueuedAsync(0);
        term.Lost.IsCancellationRequested.ShouldBeFalse();
        await Should.ThrowAsync<OperationCanceledException>(async () => await new WebLockLeadership(tab, _name).AcquireAsync("notes", cancelled.Token));
    }

    [Fact]
    public async Task Acquire_WithoutWebLocks_SaysThatItIsUnavailable()
    {
        var tab = await OpenTabAsync();
        await tab.Page.EvaluateAsync("() => { delete Navigator.prototype.locks; }");

        var failure = await Should.ThrowAsync<SyncStoreException>(() => AcquireAsync(tab));

        failure.Failure.ShouldBe(SyncStoreFailure.Unavailable);
        failure.Message.ShouldContain("Web Locks");
    }

    private static Task IsLost(ILeadershipTerm term)
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        term.Lost.Register(lost.SetResult);
        return lost.Task.WaitAsync(Patience);
    }

    private Task<ILeadershipTerm> AcquireAsync(Tab tab, string name = "notes") =>
        new WebLockLeadership(tab, _name).AcquireAsync(name, default).AsTask();

    private async Task<Tab> OpenTabAsync()
    {
        var tab = await chromium.OpenTabAsync();
        _opened.Add(tab);
        return tab;
    }

    /// <summary>Waits until so many are in the queue: a tab looks, and looks again at its own pace.</summary>
    private async Task QueuedAsync(int count) => await (await OpenTabAsync()).Page.WaitForAsync(
        "async ({ name, count }) => (await navigator.locks.query()).pending.filter(lock => lock.name === name).length === count",
        new { name = $"{_name}/leader/notes", count });
}
