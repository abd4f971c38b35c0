using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

/// <summary>Writes a batch of edits as the JSON that is sent. docs/push.md says what it looks like.</summary>
internal static class PushBody
{
    /// <summary>The largest body that servers take, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>The largest number of mutations that servers take at once.</summary>
    public const int MaxMutations = 500;

    // Nobody embeds the body in HTML: text stays as it is, and half as long.
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="SyncTransportException">The batch is too large, or a mutation cannot be sent: refused before it is.</exception>
    public static ReadOnlyMemory<byte> Write(CollectionSchema schema, OutboxBatch batch)
    {
        if (batch.Mutations.Length > MaxMutations)
            throw TooLarge(schema, $"{batch.Mutations.Length} mutations, and a server takes at most {MaxMutations}");
        var body = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(body, s_json);
        json.WriteStartObject();
        json.WriteString("clientId", batch.ClientId);
        json.WriteString("schema", schema.Hash.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteStartArray("mutations");
        foreach (var mutation in batch.Mutations)
        {
            WriteMutation(json, schema, mutation);
            // Two bytes are still to come, for the ends of array and body.
            if (json.BytesCommitted + json.BytesPending + 2 <= MaxBytes)
                continue;
            throw mutation.Id == batch.Mutations[0].Id
                ? Unsendable(schema, mutation, $"it has more than {MaxBytes} bytes, and a server takes no more")
                : TooLarge(schema, $"more than {MaxBytes} bytes, and a server takes no more");
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }

    private static void WriteMutation(Utf8JsonWriter json, CollectionSchema schema, Mutation mutation)
    {
        json.WriteStartObject();
        json.WriteNumber("id", mutation.Id);
        if (mutation.Edit.Key is var key && key.Kind != schema.Key.Kind)
            throw Unsendable(schema, mutation, $"its key is a {key.Kind}, and those of the collection are of kind {schema.Key.Kind}");
        if (key.Kind == FieldKind.Int64)
            json.WriteNumber("key", key.Value);
        else
            json.WriteString("key", key.ToString());
        WriteValues(json, "fields", mutation.Edit.Fields, schema, mutation);
        if (mutation.Edit.If.Count > 0)
            WriteValues(json, "if", mutation.Edit.If, schema, mutation);
        // Optional, and only kept in a log: a clock that is wrong by centuries must not cost the edit.
        if (Microseconds.From(mutation.MadeAt) is >= -RowKey.MaxMagnitude and <= RowKey.MaxMagnitude)
            WriteInstant(json, "madeAt", mutation.MadeAt);
        if (mutation.Edit.CorrelationId is { } correlationId)
            json.WriteString("correlationId", correlationId);
        json.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter json, string name, FieldValues values, CollectionSchema schema, Mutation mutation)
    {
        json.WriteStartObject(name);
        foreach (var (fieldName, value) in values)
        {
            var field = schema.Fields.FirstOrDefault(f => f.Name == fieldName)
                ?? throw Unsendable(schema, mutation, $"it names the field '{fieldName}', which the collection does not have");
            if (value.Length > MaxBytes)
                throw Unsendable(schema, mutation, $"the value of '{fieldName}' has more than {MaxBytes} bytes");
            try
            {
                WriteValue(json, field, value.Span);
            }
            catch (FormatException e)
            {
                throw Unsendable(schema, mutation, $"the value of '{fieldName}' is not {Describe(field)}", e);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, FieldSchema field, ReadOnlySpan<byte> value)
    {
        var reader = new MessagePackReader(value);
        if (field.IsNullable && reader.TryReadNil())
        {
            json.WriteNull(field.Name);
        }
        else
        {
            switch (field.Kind)
            {
                case FieldKind.Boolean: json.WriteBoolean(field.Name, reader.ReadBoolean()); break;
                case FieldKind.Int32: json.WriteNumber(field.Name, reader.ReadInt32()); break;
                case FieldKind.Int64 when reader.ReadInt64() is var number && Math.Abs((double)number) <= RowKey.MaxMagnitude: json.WriteNumber(field.Name, number); break;
                case FieldKind.Double when reader.ReadDouble() is var number && double.IsFinite(number): json.WriteNumber(field.Name, number); break;
                case FieldKind.Timestamp: WriteInstant(json, field.Name, reader.ReadTimestamp()); break;
                case FieldKind.Text: json.WriteString(field.Name, reader.ReadText()); break;
                default: throw new FormatException("JSON has no such number.");
            }
        }

        if (!reader.IsAtEnd)
            throw new FormatException("Bytes follow the value.");
    }

    private static void WriteInstant(Utf8JsonWriter json, string name, DateTimeOffset instant) =>
        json.WriteString(name, instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    private static string Describe(FieldSchema field) => (field.Kind switch
    {
        FieldKind.Boolean => "true or false",
        FieldKind.Int32 => "a whole number of 32 bits",
        FieldKind.Int64 => "a whole number of magnitude at most 2^53 - 1",
        FieldKind.Double => "a finite number",
        FieldKind.Timestamp => "an instant",
        _ => "a text",
    }) + (field.IsNullable ? " or null" : "");

    private static SyncTransportException Unsendable(CollectionSchema schema, Mutation mutation, string why, Exception? cause = null) =>
        new(SyncFailure.Refused, $"Edit {mutation.Id} of '{schema.Name}' cannot be sent: {why}. It is set aside, and the others are sent without it.", innerException: cause)
        {
            Refusal = PushRefusal.Mutation,
            MutationId = mutation.Id,
        };

    private static SyncTransportException TooLarge(CollectionSchema schema, string size) =>
        new(SyncFailure.Refused, $"The edits of '{schema.Name}' are {size}. Fewer are sent at once.") { Refusal = PushRefusal.Size };
}
