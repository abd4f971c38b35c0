using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Collection.Query.Caching;

/// <summary>
/// Keeps the data of a query beyond the life of the cache: what was fetched is written, and is there at the next start,
/// as old as it is, until something newer comes. What is set by hand or shown before it is made is not kept.
/// </summary>
/// <typeparam name="T">The type of the data.</typeparam>
public sealed record QueryPersistence<T>
{
    /// <summary>Where it is kept.</summary>
    public required IQueryStorage Storage { get; init; }

    /// <summary>Makes bytes of the data.</summary>
    public required Func<T, byte[]> Write { get; init; }

    /// <summary>Makes data of the bytes. An exception says that they are not readable: they are forgotten, and the data is fetched.</summary>
    public required Func<byte[], T> Read { get; init; }

    /// <summary>How old data may be and still be shown. A day suits what somebody looks at each morning.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The version of what is kept: data of another one is not read. To be changed with the shape of the data.</summary>
    public string Buster { get; init; } = "";
}

/// <summary>Usual ways to keep data.</summary>
public static class QueryPersistence
{
    /// <summary>Keeps data as JSON.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <param name="storage">Where it is kept.</param>
    /// <param name="type">How it is written, from a source-generated context.</param>
    public static QueryPersistence<T> Json<T>(IQueryStorage storage, JsonTypeInfo<T> type) => new()
    {
        Storage = storage,
        Write = data => JsonSerializer.SerializeToUtf8Bytes(data, type),
        Read = bytes => JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("The data that was kept is null."),
    };
}
