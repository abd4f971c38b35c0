namespace Collection.Devtools.Blazor;

/// <summary>A tab of the panel about a part of the app: what it is like now, and what can be done to it.</summary>
/// <param name="Title">The tab's title.</param>
/// <param name="Read">Reads the facts, in the order in which they are shown; called once a second while the tab is open. It must not change anything.</param>
public sealed record DevtoolsSource(string Title, Func<CancellationToken, ValueTask<IReadOnlyList<DevtoolsFact>>> Read)
{
    /// <summary>What a developer can do.</summary>
    public IReadOnlyList<DevtoolsAction> Actions { get; init; } = [];
}

/// <summary>One thing that is known.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Text">What it is like now; null for nothing.</param>
public sealed record DevtoolsFact(string Name, string? Text)
{
    /// <summary>A number whose course over the last minute is drawn, in whatever unit the text has; null for none.</summary>
    public double? Plotted { get; init; }

    /// <summary>True for something that should not be.</summary>
    public bool IsWrong { get; init; }
}

/// <summary>Something that a developer can do.</summary>
/// <param name="Title">What the button says.</param>
/// <param name="Run">What it does; an exception is shown.</param>
public sealed record DevtoolsAction(string Title, Func<Task> Run);
