using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>An edit as the script takes it: <c>Script/outbox.ts</c>. Encoded values are base64 in its JSON, and stay that on disk.</summary>
internal sealed record EditMessage(
    RowKey Key, IReadOnlyDictionary<string, byte[]> Fields, IReadOnlyDictionary<string, byte[]> If, string? CorrelationId)
{
    /// <exception cref="ArgumentException">An edit does not fit the collection.</exception>
    public static string Encode(CollectionSchema schema, IReadOnlyList<RowEdit> edits)
    {
        foreach (var edit in edits)
        {
            schema.CheckKey(edit.Key);
            edit.Fields.Check(schema);
            edit.If.Check(schema);
        }

        var messages = edits.Select(edit => new EditMessage(edit.Key, Encode(edit.Fields), Encode(edit.If), edit.CorrelationId)).ToArray();
        return JsonSerializer.Serialize(messages, MessageContext.Default.EditMessageArray);
    }

    public static FieldValues Decode(IReadOnlyDictionary<string, byte[]> values) =>
        new(values.Select(value => new KeyValuePair<string, ReadOnlyMemory<byte>>(value.Key, value.Value)));

    private static Dictionary<string, byte[]> Encode(FieldValues values) =>
        values.ToDictionary(value => value.Key, value => value.Value.ToArray(), StringComparer.Ordinal);
}

/// <summary>What became of an edit, as the script says it.</summary>
internal sealed record OutcomeMessage(EditResult Result, IReadOnlyDictionary<string, byte[]>? Undo, IReadOnlyDictionary<string, byte[]>? Current)
{
    public EditOutcome Of(RowEdit edit) => new(
        Result,
        Undo is null ? null : new RowEdit(edit.Key, EditMessage.Decode(Undo)) { If = edit.Fields, CorrelationId = edit.CorrelationId },
        Current is null ? null : EditMessage.Decode(Current));
}

/// <summary>An entry of the outbox, as the script keeps it.</summary>
internal sealed record EntryMessage(
    long Number, RowKey Key, IReadOnlyDictionary<string, byte[]> Fields, IReadOnlyDictionary<string, byte[]> If, string MadeAt,
    string State, long? Id, string? Rejection, string? Detail, string? CorrelationId)
{
    /// <summary>An instant as <see cref="ToEntry"/> and <see cref="ToMutation"/> read it back, to the tick.</summary>
    public static string Encode(DateTimeOffset instant) => instant.ToString("O", CultureInfo.InvariantCulture);

    public OutboxEntry ToEntry(CollectionSchema schema) => new(Number, Edit(schema), Instant(), State == "sent", Rejection, Detail);

    public Mutation ToMutation(CollectionSchema schema) => new(Id!.Value, Edit(schema), Instant());

    private RowEdit Edit(CollectionSchema schema) =>
        new(KeyMessage.Decode(Key, schema), EditMessage.Decode(Fields)) { If = EditMessage.Decode(If), CorrelationId = CorrelationId };

    private DateTimeOffset Instant() => DateTimeOffset.ParseExact(MadeAt, "O", CultureInfo.InvariantCulture);
}

/// <summary>What the server said of a mutation, as the script takes it.</summary>
internal sealed record ResultMessage(long Id, string? Rejection, string? Detail)
{
    public static string Encode(ImmutableArray<MutationResult> results)
    {
        var messages = results.Select(result => new ResultMessage(result.Id, result.Rejection, result.Detail)).ToArray();
        return JsonSerializer.Serialize(messages, MessageContext.Default.ResultMessageArray);
    }
}
