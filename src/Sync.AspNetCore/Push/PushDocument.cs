namespace Collection.Sync.AspNetCore;

/// <summary>
/// A batch of edits as an OpenAPI document describes it. Never made: bodies are read by <see cref="PushRequest"/>, which
/// is stricter than a binder.
/// </summary>
/// <param name="ClientId">Who sends, 1 to 64 of A-Z, a-z, 0-9, _ and -: one for each outbox.</param>
/// <param name="Mutations">1 to 500, with ids that count up by one.</param>
/// <param name="Schema">The client's schema hash in 16 hexadecimal digits.</param>
internal sealed record PushDocument(string ClientId, IReadOnlyList<PushDocument.Mutation> Mutations, string? Schema = null)
{
    /// <summary>An edit of one row.</summary>
    /// <param name="Id">Counts up by one for each mutation of the client, from 1.</param>
    /// <param name="Key">The row.</param>
    /// <param name="Fields">New values by field.</param>
    /// <param name="If">Values by field that the row has to hold, or else the edit is rejected.</param>
    /// <param name="MadeAt">When, by the client's clock; kept in the log and never compared.</param>
    /// <param name="CorrelationId">What caused it, 1 to 64 of A-Z, a-z, 0-9, _ and -; kept in the log.</param>
    internal sealed record Mutation(
        long Id, long Key, IReadOnlyDictionary<string, object?> Fields, IReadOnlyDictionary<string, object?>? If = null, DateTimeOffset? MadeAt = null,
        string? CorrelationId = null);
}
