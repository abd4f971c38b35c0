using System.Collections.Immutable;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>Reads the answer to a batch of edits, strictly: an edit leaves the outbox by it.</summary>
internal static class PushReply
{
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <exception cref="SyncTransportException">The bytes are not the answer to this batch.</exception>
    public static PushAnswer Read(ReadOnlyMemory<byte> json, OutboxBatch batch, string collection)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_json);
            var answer = document.RootElement;
            // More than the batch's last where the batch was sent again after later ones.
            if (Required(answer, "lastId").GetInt64() is var lastId && (lastId < batch.Mutations[^1].Id || lastId > RowKey.MaxMagnitude))
                throw new FormatException($"it says that mutations were taken up to {lastId}, and {batch.Mutations[^1].Id} was the last to be sent");
            var results = ReadResults(Required(answer, "results"), batch);
            var rows = Required(answer, "rows");
            return new PushAnswer(results, rows.ValueKind == JsonValueKind.Null ? null : rows.GetBytesFromBase64());
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw NotAnAnswer(collection, e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>The failure of a server that answers 200 and something else.</summary>
    public static SyncTransportException NotAnAnswer(string collection, string why, Exception? cause = null) => new(
        SyncFailure.Protocol,
        $"What the server of '{collection}' answered to edits cannot be used: {why}. The edits are kept, and sent again; tell whoever runs the server.",
        innerException: cause);

    private static ImmutableArray<MutationResult> ReadResults(JsonElement array, OutboxBatch batch)
    {
        if (array.GetArrayLength() is var count && count != batch.Mutations.Length)
            throw new FormatException($"it has {count} results for {batch.Mutations.Length} mutations");
        var results = ImmutableArray.CreateBuilder<MutationResult>(batch.Mutations.Length);
        foreach (var result in array.EnumerateArray())
            results.Add(ReadResult(result, batch.Mutations[results.Count].Id));
        return results.MoveToImmutable();
    }

    private static MutationResult ReadResult(JsonElement result, long expectedId)
    {
        if (Required(result, "id").GetInt64() is var id && id != expectedId)
            throw new FormatException($"it has a result for mutation {id}, where that for {expectedId} belongs");
        return Required(result, "status").GetString() switch
        {
            "applied" => new MutationResult(id),
            "rejected" when Text(result, "reason") is { Length: > 0 } reason => new MutationResult(id, reason, Text(result, "detail")),
            _ => throw new FormatException($"mutation {id} is neither applied nor rejected for a reason"),
        };
    }

    private static JsonElement Required(JsonElement value, string name) =>
        value.TryGetProperty(name, out var property) ? property : throw new FormatException($"it has no '{name}'");

    private static string? Text(JsonElement result, string name) => result.TryGetProperty(name, out var text) ? text.GetString() : null;
}
