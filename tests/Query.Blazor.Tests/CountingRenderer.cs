using System.Runtime.ExceptionServices;
using Collection.Contracts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.RenderTree;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.JSInterop;

namespace Collection.Query.Blazor.Tests;

/// <summary>Draws components into nothing.</summary>
internal sealed class CountingRenderer() : Renderer(Services(), NullLoggerFactory.Instance)
{
    private readonly Dictionary<IComponent, int> _ids = [];

    public override Dispatcher Dispatcher { get; } = Dispatcher.CreateDefault();

    public Task<T> ShowAsync<T>(Dictionary<string, object?> parameters)
        where T : IComponent => Dispatcher.InvokeAsync(async () =>
        {
            var component = (T)InstantiateComponent(typeof(T));
            _ids.Add(component, AssignRootComponentId(component));
            await RenderRootComponentAsync(_ids[component], ParameterView.FromDictionary(parameters));
            return component;
        });

    public Task ChangeAsync(IComponent component, Dictionary<string, object?> parameters) =>
        Dispatcher.InvokeAsync(() => RenderRootComponentAsync(_ids[component], ParameterView.FromDictionary(parameters)));

    public Task RemoveAsync(IComponent component) => Dispatcher.InvokeAsync(() => RemoveRootComponent(_ids[component]));

    public Task DoAsync(Action action) => Dispatcher.InvokeAsync(action);

    protected override void HandleException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    protected override Task UpdateDisplayAsync(in RenderBatch renderBatch) => Task.CompletedTask;

    private static ServiceProvider Services() => new ServiceCollection()
        .AddSingleton<TimeProvider>(new ManualTimeProvider())
        .AddSingleton<IJSRuntime>(new NoBrowser())
        .AddQueryCaching(new() { StaleTime = TimeSpan.FromHours(1) })
        .BuildServiceProvider();

    /// <summary>A tab that was closed at once.</summary>
    private sealed class NoBrowser : IJSRuntime
    {
        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args) => throw new JSDisconnectedException("The tab is gone.");

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => throw new JSDisconnectedException("The tab is gone.");
    }
}
