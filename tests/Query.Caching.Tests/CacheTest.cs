using Collection.Contracts;

namespace Collection.Query.Caching.Tests;

/// <summary>What most tests are about: a run that is polled.</summary>
public sealed record Run(int Id, string Phase);

/// <summary>
/// A client over fetches that the test answers, a page that it hides and shows, and a clock that stands still. Each
/// step ends within the call that causes it, so that every order of events can be written down.
/// </summary>
public abstract class CacheTest : IDisposable
{
    protected CacheTest()
    {
        GoOnWhereAnswered();
        Client = new QueryClient(Time, Page, new QueryClientOptions { Retry = QueryRetry.None });
    }

    protected ManualTimeProvider Time { get; } = new();

    private protected ScriptedPage Page { get; } = new();

    protected QueryClient Client { get; private set; }

    private protected ScriptedFetch<Run> Fetch { get; } = new();

    private protected QueryOptions<Run> Query => new() { Key = ["runs", 1], Fetch = Fetch.CallAsync };

    protected static Exception Broken { get; } = new HttpRequestException("The server is away.");

    /// <summary>Without a context, what is awaited goes on within the call that answers it. A test that awaits has one, of the runner, at its start and after each await.</summary>
    protected static void GoOnWhereAnswered() => SynchronizationContext.SetSynchronizationContext(null);

    public void Dispose()
    {
        Client.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Use(QueryClientOptions options)
    {
        Client.Dispose();
        Client = new QueryClient(Time, Page, options);
    }

    /// <summary>An observer, and how often it has told of a change.</summary>
    private protected static Told<TData> Listen<TData>(QueryObserver<TData> observer) => new(observer);

    /// <summary>A query in the cache with data, that nobody observes.</summary>
    private protected void Fill(string phase = "new") => Client.SetData(["runs", 1], new Run(1, phase));

    private protected void Advance(double seconds) => Time.Advance(TimeSpan.FromSeconds(seconds));

    private protected CachedQuery? Cached(QueryKey key) => Client.Queries(key).SingleOrDefault(query => query.Key == key);

    /// <summary>What a task that has ended has brought.</summary>
    protected static T Ended<T>(Task<T> task)
    {
        task.IsCompletedSuccessfully.ShouldBeTrue();
        return task.GetAwaiter().GetResult();
    }

    private protected static Run Of(string phase) => new(1, phase);
}

/// <summary>Counts what an observer tells.</summary>
internal sealed class Told<TData>
{
    public Told(QueryObserver<TData> observer) => observer.Changed += () => Times++;

    public int Times { get; private set; }
}

/// <summary>A page that the test hides and shows, and takes off the network.</summary>
internal sealed class ScriptedPage : IPageState
{
    public event Action? Changed;

    public bool IsVisible { get; private set; } = true;

    public bool IsOnline { get; private set; } = true;

    public void Hide() => Set(false, IsOnline);

    public void Show() => Set(true, IsOnline);

    public void GoOffline() => Set(IsVisible, false);

    public void GoOnline() => Set(IsVisible, true);

    private void Set(bool isVisible, bool isOnline)
    {
        (IsVisible, IsOnline) = (isVisible, isOnline);
        Changed?.Invoke();
    }
}

/// <summary>A fetch function whose calls wait for the test to answer them.</summary>
internal sealed class ScriptedFetch<T>
{
    private readonly List<(TaskCompletionSource<T> Answer, CancellationToken Token)> _calls = [];

    public int Calls => _calls.Count;

    public Task<T> CallAsync(CancellationToken cancellationToken)
    {
        _calls.Add((new TaskCompletionSource<T>(), cancellationToken));
        return _calls[^1].Answer.Task;
    }

    public bool IsCancelled(int call) => _calls[call].Token.IsCancellationRequested;

    /// <summary>Answers a call, the last where none is said.</summary>
    public void Answer(T data, int? call = null) => _calls[call ?? Calls - 1].Answer.SetResult(data);

    public void Fail(Exception error, int? call = null) => _calls[call ?? Calls - 1].Answer.SetException(error);
}
