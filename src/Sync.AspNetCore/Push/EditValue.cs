using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// Values of fields, between JSON, the encoding of rows, and the database: a bool, a long, a double or a string; a long
/// in microseconds for an instant; null.
/// </summary>
internal static class EditValue
{
    /// <summary>What an instant looks like, for messages.</summary>
    public const string Instant = "an instant in ISO 8601 with seconds and an offset, such as 2026-01-31T12:00:00.123456Z, from the years 1685 to 2254";

    private static readonly string[] s_instants = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>What a field takes, for messages.</summary>
    public static string Describe(FieldSchema field) => (field.Kind switch
    {
        FieldKind.Boolean => "true or false",
        FieldKind.Int32 => "a whole number of 32 bits, without a fraction or an exponent",
        FieldKind.Int64 => "a whole number of magnitude at most 2^53 - 1, without a fraction or an exponent",
        FieldKind.Double => "a finite number",
        FieldKind.Timestamp => Instant,
        _ => "a text of valid Unicode without the character NUL",
    }) + (field.IsNullable ? ", or null" : "");

    public static bool TryRead(FieldSchema field, JsonElement json, out object? value)
    {
        value = null;
        switch (field.Kind)
        {
            case var _ when json.ValueKind == JsonValueKind.Null:
                return field.IsNullable;
            case FieldKind.Boolean when json.ValueKind is JsonValueKind.True or JsonValueKind.False:
                value = json.ValueKind == JsonValueKind.True;
                break;
            case FieldKind.Int32 when json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var small):
                value = (long)small;
                break;
            case FieldKind.Int64 when json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var integer) && IsInteger(integer):
                value = integer;
                break;
            case FieldKind.Double when json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out var number) && double.IsFinite(number):
                value = number;
                break;
            case FieldKind.Timestamp when TryReadInstant(json, out var instant):
                value = instant;
                break;
            case FieldKind.Text when json.ValueKind == JsonValueKind.String && Text(json) is { } text && !text.Contains('\0', StringComparison.Ordinal):
                value = text;
                break;
        }

        return value is not null;
    }

    public static bool TryReadInstant(JsonElement json, out long microseconds)
    {
        microseconds = 0;
        if (json.ValueKind != JsonValueKind.String
            || !DateTimeOffset.TryParseExact(Text(json), s_instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            return false;
        }

        microseconds = Microseconds.From(instant);
        return IsInteger(microseconds);
    }

    /// <summary>Reads the next value of an encoded row.</summary>
    public static object? Read(FieldSchema field, ref MessagePackReader row)
    {
        if (row.TryReadNil())
            return null;
        return field.Kind switch
        {
            FieldKind.Boolean => row.ReadBoolean(),
            FieldKind.Double => row.ReadDouble(),
            FieldKind.Text => row.ReadText(),
            _ => row.ReadInt64(),
        };
    }

    /// <summary>The column in a SELECT, so that <see cref="Read(FieldSchema, DbDataReader, int)"/> can read it, whatever the database calls its type.</summary>
    public static string Select(FieldSchema field) => field.Kind switch
    {
        FieldKind.Text => $"CAST(\"{field.Name}\" AS text)",
        FieldKind.Double => $"CAST(\"{field.Name}\" AS double precision)",
        _ => $"\"{field.Name}\"",
    };

    public static object? Read(FieldSchema field, DbDataReader row, int ordinal)
    {
        var value = row.GetValue(ordinal);
        return field.Kind switch
        {
            _ when value is DBNull => null,
            FieldKind.Boolean => Convert.ToBoolean(value, CultureInfo.InvariantCulture),
            FieldKind.Timestamp when value is DateTime instant => Microseconds.From(instant),
            FieldKind.Text or FieldKind.Double => value,
            _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        };
    }

    public static void Write(Utf8JsonWriter json, FieldSchema field, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case long instant when field.Kind == FieldKind.Timestamp: json.WriteStringValue(Microseconds.ToInstant(instant).UtcDateTime); break;
            case long integer: json.WriteNumberValue(integer); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double number: json.WriteStringValue(number > 0 ? "Infinity" : "-Infinity"); break;
            default: json.WriteStringValue((string)value); break;
        }
    }

    private static bool IsInteger(long value) => value is >= -RowKey.MaxMagnitude and <= RowKey.MaxMagnitude;

    // Null for a surrogate without its other half.
    private static string? Text(JsonElement json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
