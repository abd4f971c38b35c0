using System.Text.Json.Serialization;

namespace Sellers.Contracts;

/// <summary>How far an export by the server has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExportState>))]
public enum ExportState
{
    Queued,
    Running,
    Ready,
    Failed,
    Cancelled,

    /// <summary>There was a file, and its time is over.</summary>
    Expired,
}

/// <summary>What an export by the server writes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExportFormat>))]
public enum ExportFormat
{
    Csv,
    Json,
    JsonLines,
}

/// <summary>An export of all sellers by the server.</summary>
/// <param name="Id">Its number; a later one has a greater one.</param>
/// <param name="State">How far it is.</param>
/// <param name="Format">What it writes.</param>
/// <param name="Rows">Rows written so far.</param>
/// <param name="Total">Rows in all; null before it has begun.</param>
/// <param name="Bytes">The size of the file, so far or in the end.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When the file is deleted; null where there is none.</param>
/// <param name="Reason">Why it failed, for people; null otherwise.</param>
public sealed record ExportJob(
    long Id, ExportState State, ExportFormat Format, int Rows, int? Total, long Bytes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, string? Reason)
{
    /// <summary>True while there is something to wait for.</summary>
    [JsonIgnore]
    public bool IsUnderWay => State is ExportState.Queued or ExportState.Running;
}

/// <summary>The answer of <c>GET /api/exports</c>: one's own, the newest first.</summary>
public sealed record ExportList(IReadOnlyList<ExportJob> Jobs);

/// <summary>The body of <c>POST /api/exports</c>.</summary>
public sealed record StartExportRequest(ExportFormat Format);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ExportJob))]
[JsonSerializable(typeof(ExportList))]
[JsonSerializable(typeof(StartExportRequest))]
public sealed partial class ExportJson : JsonSerializerContext;
