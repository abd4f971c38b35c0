using System.Text.Json.Serialization;

namespace Sellers.Contracts;

/// <summary>How far a collection run has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunState>))]
public enum RunState
{
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>A collection run: workers that look for sellers, side by side.</summary>
/// <param name="Id">Its number; a later run has a greater one.</param>
/// <param name="Owner">The name of the person who started it.</param>
/// <param name="IsOwn">True where that is who asks.</param>
/// <param name="State">How far it is.</param>
/// <param name="Workers">How many workers it has.</param>
/// <param name="Size">How many finds it ends after.</param>
/// <param name="Found">Finds so far; a seller may be found again and again.</param>
/// <param name="New">Those of them that nobody had found before.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Reason">Why it failed, for people; null otherwise.</param>
public sealed record CollectionRun(
    long Id, string Owner, bool IsOwn, RunState State, int Workers, int Size, int Found, int New, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Reason)
{
    /// <summary>True once nothing changes any more.</summary>
    [JsonIgnore]
    public bool IsOver => State != RunState.Running;
}

/// <summary>The answer of <c>GET /api/runs</c>: one's own that are under way, and everybody's that have ended, the newest first.</summary>
/// <param name="Runs">Some of them.</param>
/// <param name="Next">Where the next ones begin: <c>GET /api/runs?before={Next}</c>; null where these are the last.</param>
public sealed record RunList(IReadOnlyList<CollectionRun> Runs, long? Next);

/// <summary>The answer of <c>GET /api/runs/{id}</c>. Workers and log are there while the run is under way on the host that answers.</summary>
/// <param name="Run">The run.</param>
/// <param name="Workers">What each of its workers is doing.</param>
/// <param name="Log">What has happened last, the latest first.</param>
public sealed record RunDetail(CollectionRun Run, IReadOnlyList<RunWorker> Workers, IReadOnlyList<RunLogLine> Log);

/// <summary>One worker of a run.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Doing">For people.</param>
/// <param name="Found">Its finds.</param>
public sealed record RunWorker(int Number, string Doing, int Found);

/// <summary>Something that has happened in a run.</summary>
/// <param name="Number">From 1, in the order in which things have happened.</param>
/// <param name="At">When.</param>
/// <param name="Text">For people.</param>
public sealed record RunLogLine(long Number, DateTimeOffset At, string Text);

/// <summary>The body of <c>POST /api/runs</c>.</summary>
/// <param name="Workers">1 to <see cref="MaxWorkers"/>.</param>
/// <param name="Size"><see cref="MinSize"/> to <see cref="MaxSize"/> finds.</param>
public sealed record StartRunRequest(int Workers, int Size)
{
    public const int MaxWorkers = 8;
    public const int MinSize = 100;
    public const int MaxSize = 20_000;
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CollectionRun))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(RunDetail))]
[JsonSerializable(typeof(StartRunRequest))]
public sealed partial class RunJson : JsonSerializerContext;
