using System.Collections.Immutable;

namespace Collection.Sync.Abstractions;

/// <summary>A local edit on its way to the server: new values for some fields of one row.</summary>
/// <param name="Id">Counts up by one for each mutation of a client; the server applies each id once.</param>
/// <param name="Key">The row.</param>
/// <param name="Fields">The fields that change, by name, each with its new value encoded as one MessagePack value.</param>
public sealed record Mutation(long Id, RowKey Key, ImmutableArray<KeyValuePair<string, ReadOnlyMemory<byte>>> Fields);
