namespace Collection.Sync.Abstractions;

/// <summary>A collection as code sees it: its schema, and the codec that turns rows into <typeparamref name="TRow"/> and back.</summary>
/// <typeparam name="TRow">The type of a row, usually an immutable record.</typeparam>
/// <param name="Schema">What rows look like on the wire and in the store.</param>
/// <param name="Codec">How one row is encoded; it writes the fields in the order of the schema.</param>
public sealed record CollectionDefinition<TRow>(CollectionSchema Schema, IRowCodec<TRow> Codec);
