using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Collection.Sync.AspNetCore;

/// <summary>A value for a field, or what it is expected to hold.</summary>
/// <param name="Field">The index of the field in the schema.</param>
/// <param name="Value">A bool, long, double or string; an instant in microseconds; null.</param>
internal readonly record struct FieldValue(int Field, object? Value);

/// <summary>A mutation as it was sent.</summary>
/// <param name="Id">The client's number for it.</param>
/// <param name="Key">The row.</param>
/// <param name="Fields">The new values, by ascending field.</param>
/// <param name="Conditions">What the row has to hold.</param>
/// <param name="MadeAt">When, by the client's clock, in microseconds.</param>
/// <param name="CorrelationId">What caused it.</param>
internal sealed record PushedEdit(
    long Id, RowKey Key, ImmutableArray<FieldValue> Fields, ImmutableArray<FieldValue> Conditions, long? MadeAt, string? CorrelationId);

/// <summary>A batch of mutations from one client, whose ids count up by one.</summary>
internal sealed record PushRequest(string ClientId, ImmutableArray<PushedEdit> Edits)
{
    public const int MaxMutations = 500;

    private const string IdDescription = "a string of 1 to 64 of A-Z, a-z, 0-9, _ and -";
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Reads a body, strictly: what is not understood in full is refused in full.</summary>
    /// <exception cref="PushRefusedException">The body is not a batch of allowed edits.</exception>
    public static PushRequest Parse(ReadOnlyMemory<byte> body, EditRules rules)
    {
        try
        {
            using var document = JsonDocument.Parse(body, s_json);
            return Read(document.RootElement, rules);
        }
        catch (JsonException e)
        {
            throw Malformed(null, $"The body is not JSON as it is taken here: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // What JsonElement throws at text that is no text.
            throw Malformed(null, "The body holds text that is not Unicode: an invalid byte, or a surrogate without its other half.");
        }
    }

    private static PushRequest Read(JsonElement body, EditRules rules)
    {
        CheckObject(body, "The body", null, ["clientId", "mutations"], ["schema"]);
        // Before the mutations: a client of another version may name fields that are not known here, and has to reload.
        CheckSchema(body, rules.Schema);
        if (!IsId(body.GetProperty("clientId"), out var clientId))
            throw Malformed(null, $"'clientId' has to be {IdDescription}.");
        var mutations = body.GetProperty("mutations");
        if (mutations.ValueKind != JsonValueKind.Array || mutations.GetArrayLength() is 0 or > MaxMutations)
            throw Malformed(null, $"'mutations' has to be an array of 1 to {MaxMutations}.");

        var edits = ImmutableArray.CreateBuilder<PushedEdit>(mutations.GetArrayLength());
        foreach (var mutation in mutations.EnumerateArray())
        {
            var edit = ReadEdit(mutation, rules);
            if (edits.Count > 0 && edit.Id != edits[^1].Id + 1)
                throw Malformed(edit.Id, $"Mutation {edit.Id} follows mutation {edits[^1].Id}: ids count up by one.");
            edits.Add(edit);
        }

        return new PushRequest(clientId, edits.MoveToImmutable());
    }

    private static void CheckSchema(JsonElement body, CollectionSchema schema)
    {
        if (Optional(body, "schema") is not { } value)
            return;
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: 16 } text
            || !ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash))
        {
            throw Malformed(null, "'schema' has to be the 16 hexadecimal digits of the client's schema hash.");
        }

        if (hash != schema.Hash)
        {
            throw new PushRefusedException(
                StatusCodes.Status409Conflict, "schema",
                $"The client has schema {hash:x16} of '{schema.Name}', the server has {schema.Hash:x16}: they are of different versions. Reload the app.");
        }
    }

    private static PushedEdit ReadEdit(JsonElement mutation, EditRules rules)
    {
        if (mutation.ValueKind != JsonValueKind.Object || !mutation.TryGetProperty("id", out var idValue)
            || idValue.ValueKind != JsonValueKind.Number || !idValue.TryGetInt64(out var id) || id is < 1 or > RowKey.MaxMagnitude)
        {
            throw Malformed(null, "A mutation has to be an object with an 'id', a whole number from 1 to 2^53 - 1.");
        }

        CheckObject(mutation, "A mutation", id, ["id", "key", "fields"], ["if", "madeAt", "correlationId"]);
        if (mutation.GetProperty("key") is not { ValueKind: JsonValueKind.Number } key || !key.TryGetInt64(out var rowKey) || Math.Abs((double)rowKey) > RowKey.MaxMagnitude)
            throw Malformed(id, "'key' has to be a whole number of magnitude at most 2^53 - 1.");
        var fields = ReadValues(mutation.GetProperty("fields"), "fields", id, rules);
        foreach (var (field, _) in fields)
        {
            if (!rules.IsEditable(field))
                throw Refused(id, "field", $"Field '{rules.Schema.Fields[field].Name}' of '{rules.Schema.Name}' may not be edited.");
        }

        long? madeAt = null;
        if (Optional(mutation, "madeAt") is { } instant)
            madeAt = EditValue.TryReadInstant(instant, out var made) ? made : throw Malformed(id, $"'madeAt' has to be {EditValue.Instant}.");
        var conditions = Optional(mutation, "if") is { } wanted ? ReadValues(wanted, "if", id, rules) : [];
        string? correlationId = null;
        if (Optional(mutation, "correlationId") is { } cause && !IsId(cause, out correlationId))
            throw Malformed(id, $"'correlationId' has to be {IdDescription}.");
        return new PushedEdit(id, new RowKey(rowKey), fields, conditions, madeAt, correlationId);
    }

    private static ImmutableArray<FieldValue> ReadValues(JsonElement values, string name, long id, EditRules rules)
    {
        if (values.ValueKind != JsonValueKind.Object)
            throw Malformed(id, $"'{name}' has to be an object of fields and their values.");
        var read = ImmutableArray.CreateBuilder<FieldValue>();
        foreach (var property in values.EnumerateObject())
        {
            var index = rules.IndexOf(property.Name);
            if (index < 0)
                throw Refused(id, "field", $"'{name}' names a field that '{rules.Schema.Name}' does not have.");
            if (!EditValue.TryRead(rules.Schema.Fields[index], property.Value, out var value))
                throw Refused(id, "value", $"Field '{property.Name}' of '{rules.Schema.Name}' takes {EditValue.Describe(rules.Schema.Fields[index])}, which '{name}' does not have there.");
            read.Add(new FieldValue(index, value));
        }

        read.Sort((left, right) => left.Field.CompareTo(right.Field));
        return read.DrainToImmutable();
    }

    private static void CheckObject(JsonElement value, string what, long? id, ReadOnlySpan<string> required, ReadOnlySpan<string> optional)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Malformed(id, $"{what} has to be an object.");
        foreach (var property in value.EnumerateObject())
        {
            if (!required.Contains(property.Name) && !optional.Contains(property.Name))
                throw Malformed(id, $"{what} has a property that is not known: it has {string.Join(", ", required!)}, and may have {string.Join(", ", optional!)}.");
        }

        foreach (var name in required)
        {
            if (!value.TryGetProperty(name, out _))
                throw Malformed(id, $"{what} has no '{name}'.");
        }
    }

    private static JsonElement? Optional(JsonElement value, string name) =>
        value.TryGetProperty(name, out var property) && property.ValueKind != JsonValueKind.Null ? property : null;

    private static bool IsId(JsonElement json, [NotNullWhen(true)] out string? id)
    {
        id = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        return id is { Length: > 0 and <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
    }

    private static PushRefusedException Malformed(long? mutation, string message) => Refused(mutation, "malformed", message);

    private static PushRefusedException Refused(long? mutation, string reason, string message) =>
        new(StatusCodes.Status400BadRequest, reason, message) { MutationId = mutation };
}
