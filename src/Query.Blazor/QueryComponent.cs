using Collection.Query.Caching;
using Microsoft.AspNetCore.Components;

namespace Collection.Query.Blazor;

/// <summary>
/// A component that shows queries: it renders again when something that it has read of them has changed, and observes
/// them until it is disposed of.
/// </summary>
/// <example>
/// <code>
/// @inherits QueryComponent
/// &lt;p&gt;@_run.Data?.Phase&lt;/p&gt;
/// @code {
///     private QueryObserver&lt;Run&gt; _run = default!;
///     protected override void OnInitialized() =&gt; _run = Observe(() =&gt; Runs.ById(Id));
/// }
/// </code>
/// </example>
public abstract class QueryComponent : ComponentBase, IDisposable
{
    private readonly List<(IDisposable Observer, Action Show)> _observed = [];
    private readonly List<Action> _endings = [];
    private bool _isShowing;
    private bool _isDisposed;

    /// <summary>The cache of this user's session.</summary>
    [Inject]
    protected QueryClient Queries { get; set; } = default!;

    [Inject]
    private BrowserPageState Page { get; set; } = default!;

    /// <summary>Ends all that is observed.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Shows a query for as long as the component lives. To be called once for each, best in <c>OnInitialized</c>.</summary>
    /// <typeparam name="TData">The type of what is shown.</typeparam>
    /// <param name="definition">Makes the query from parameters, fields, and queries that are observed already; called again before each rendering, so that another key, or a query that can be enabled now, is followed.</param>
    protected QueryObserver<TData> Observe<TData>(Func<QueryDefinition<TData>> definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var observer = Queries.Observe(definition());
        observer.Changed += RenderAgain;
        _observed.Add((observer, () => observer.Show(definition())));
        return observer;
    }

    /// <summary>Makes a mutation whose progress the component renders. One that runs when the component is disposed of goes on.</summary>
    /// <typeparam name="TVariables">What it is given at each run.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="options">What it does.</param>
    protected Mutation<TVariables, TResult> CreateMutation<TVariables, TResult>(MutationOptions<TVariables, TResult> options)
    {
        var mutation = Queries.CreateMutation(options);
        mutation.Changed += RenderAgain;
        _endings.Add(() => mutation.Changed -= RenderAgain);
        return mutation;
    }

    /// <summary>Follows what the queries are now made from. Who overrides this calls it.</summary>
    protected override bool ShouldRender()
    {
        // What changes by this is rendered in any case.
        _isShowing = true;
        try
        {
            foreach (var (_, show) in _observed)
                show();
        }
        finally
        {
            _isShowing = false;
        }

        return true;
    }

    /// <summary>Begins to listen to the browser. Who overrides this calls it.</summary>
    protected override Task OnAfterRenderAsync(bool firstRender) => firstRender ? Page.StartAsync() : Task.CompletedTask;

    /// <summary>Ends all that is observed.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        foreach (var (observer, _) in _observed)
            observer.Dispose();
        foreach (var end in _endings)
            end();
    }

    // Queries change on any thread: on a server, by timers too.
    private void RenderAgain() => _ = InvokeAsync(async () =>
    {
        try
        {
            if (!_isDisposed && !_isShowing)
                StateHasChanged();
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    });
}
