using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor;

/// <summary>What a grid keeps in the browser from one visit to the next, as a small JSON text with a version.</summary>
internal sealed record KeptState
{
    /// <summary>Raised when the meaning of anything here changes; what has another version is forgotten.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>The columns in their order; null where they are as declared.</summary>
    public IReadOnlyList<KeptColumn>? Columns { get; init; }

    /// <summary>Text, conditions and order; null for all rows in their own order.</summary>
    public ViewQueryJson? Query { get; init; }

    /// <summary>Where the person was; null for the top.</summary>
    public KeptPlace? Place { get; init; }

    /// <summary>The query; null where there is none, or a part of it cannot be understood: the rest would be another one than was kept.</summary>
    public ViewQuery? ReadQuery()
    {
        try
        {
            return Query?.ToQuery();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The JSON text.</summary>
    public string Write() => JsonSerializer.Serialize(this, KeptStateJson.Default.KeptState);

    /// <summary>What a text says; null for one that cannot be understood, which is as good as none.</summary>
    public static KeptState? Read(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return null;
        try
        {
            return JsonSerializer.Deserialize(json, KeptStateJson.Default.KeptState) is { Version: CurrentVersion } state
                && state.Columns?.All(static column => column is { Id: not null }) is not false
                ? state
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A column.</summary>
/// <param name="Id">What it is known by.</param>
internal sealed record KeptColumn(string Id)
{
    /// <summary>CSS pixels; null for what is declared.</summary>
    public double? Width { get; init; }

    public bool IsHidden { get; init; }
}

/// <summary>The first row on screen: its key where it is known, else its position will do.</summary>
internal sealed record KeptPlace(int Row)
{
    /// <summary>The key as <see cref="KeptKey"/> writes it.</summary>
    public string? Key { get; init; }
}

/// <summary>A key in a text, as queries have values.</summary>
internal static class KeptKey
{
    public static string Write(RowKey key) => ViewQueryJson.WriteValue(key.Kind switch { FieldKind.Text => key.Text, FieldKind.Guid => key.Guid, _ => (object)key.Value })!;

    /// <summary>The key; null where the text is none.</summary>
    public static RowKey? Read(string? text)
    {
        try
        {
            return ViewQueryJson.ReadValue(text) switch
            {
                string key => new RowKey(key),
                long key => new RowKey(key),
                Guid key => new RowKey(key),
                _ => (RowKey?)null,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeptState))]
internal sealed partial class KeptStateJson : JsonSerializerContext;
