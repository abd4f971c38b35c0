namespace Collection.Query.Caching;

/// <summary>How far a mutation is.</summary>
public enum MutationStatus
{
    /// <summary>It has not been run.</summary>
    Idle,

    /// <summary>It runs, or waits for its turn or the network.</summary>
    Pending,

    /// <summary>Its last run failed.</summary>
    Error,

    /// <summary>Its last run succeeded.</summary>
    Success,
}

/// <summary>Where the latest run of a mutation stands.</summary>
/// <typeparam name="TVariables">What it is given at each run.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
public sealed record MutationResult<TVariables, TResult>
{
    /// <summary>How far it is.</summary>
    public MutationStatus Status { get; init; }

    /// <summary>Whether it waits for its turn or the network.</summary>
    public bool IsPaused { get; init; }

    /// <summary>What it was given, while it runs and after.</summary>
    public TVariables? Variables { get; init; }

    /// <summary>What it returned.</summary>
    public TResult? Data { get; init; }

    /// <summary>Why it failed.</summary>
    public Exception? Error { get; init; }

    /// <summary>Tries that have failed.</summary>
    public int FailureCount { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset? SubmittedAt { get; init; }
}
