using System.Collections.Immutable;

namespace Collection.Export.Streaming;

/// <summary>How a file of JSON is laid out.</summary>
public enum JsonLayout
{
    /// <summary>One array, with an object a row: <c>application/json</c>.</summary>
    Array,

    /// <summary>An object a line, for programs that read line by line: NDJSON, <c>application/x-ndjson</c>.</summary>
    Lines,
}

/// <summary>How JSON is written.</summary>
public sealed record JsonOptions
{
    /// <summary>The names of the fields to write, in this order, each at most once; empty for all fields in the order of the schema.</summary>
    public ImmutableArray<string> Columns { get; init; } = [];

    /// <summary>An array or lines.</summary>
    public JsonLayout Layout { get; init; }
}
