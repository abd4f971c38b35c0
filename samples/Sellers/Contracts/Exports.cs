using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

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

/// <summary>An export by the server, of all sellers or of those that a query finds.</summary>
/// <param name="Id">Its number; a later one has a greater one.</param>
/// <param name="State">How far it is.</param>
/// <param name="Format">What it writes.</param>
/// <param name="Rows">Rows written so far.</param>
/// <param name="Total">Rows in all; null before it has begun.</param>
/// <param name="Bytes">The size of the file, so far or in the end.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When the file is deleted; null where there is none.</param>
/// <param name="Reason">Why it failed, for people; null otherwise.</param>
/// <param name="Query">Which sellers, and in which order; null for all in the order of keys.</param>
public sealed record ExportJob(
    long Id, ExportState State, ExportFormat Format, int Rows, int? Total, long Bytes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, string? Reason, ViewQueryJson? Query)
{
    /// <summary>True while there is something to wait for.</summary>
    [JsonIgnore]
    public bool IsUnderWay => State is ExportState.Queued or ExportState.Running;
}

/// <summary>The answer of <c>GET /api/exports</c>.</summary>
/// <param name="Jobs">One's own, the newest first.</param>
/// <param name="OfferFrom">The number of rows from which a page offers to have them written here.</param>
public sealed record ExportList(IReadOnlyList<ExportJob> Jobs, int OfferFrom);

/// <summary>The body of <c>POST /api/exports</c>.</summary>
/// <param name="Format">What to write.</param>
/// <param name="Query">Which sellers, and in which order, without a collation; null for all in the order of keys.</param>
public sealed record StartExportRequest(ExportFormat Format, ViewQueryJson? Query = null)
{
    /// <summary>The longest query, in characters of its JSON: room for some hundred values of a filter.</summary>
    public const int MaxQueryLength = 16_384;
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ExportJob))]
[JsonSerializable(typeof(ExportList))]
[JsonSerializable(typeof(StartExportRequest))]
public sealed partial class ExportJson : JsonSerializerContext;
