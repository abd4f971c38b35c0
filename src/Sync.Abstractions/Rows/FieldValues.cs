using System.Buffers;
using System.Collections;

namespace Collection.Sync.Abstractions;

/// <summary>Values of some fields of a row, by name, each encoded as in a row. Immutable; two that hold the same are equal.</summary>
public sealed class FieldValues : IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>>, IEquatable<FieldValues>
{
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _values;

    /// <summary>Takes values that are encoded already.</summary>
    /// <exception cref="ArgumentException">A field is named twice.</exception>
    public FieldValues(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> encoded)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        _values = new(StringComparer.Ordinal);
        foreach (var (name, value) in encoded)
        {
            if (!_values.TryAdd(name, value))
                throw new ArgumentException($"The field '{name}' is named twice.", nameof(encoded));
        }
    }

    /// <summary>No values.</summary>
    public static FieldValues None { get; } = new([]);

    /// <summary>The number of fields.</summary>
    public int Count => _values.Count;

    /// <summary>
    /// Encodes values: <see cref="bool"/>, <see cref="int"/>, <see cref="long"/>, <see cref="double"/>,
    /// <see cref="DateTimeOffset"/> or <see cref="string"/>, as each field's kind asks, and null where it may be missing.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such field, or the value is not of its kind.</exception>
    public static FieldValues Of(CollectionSchema schema, params ReadOnlySpan<(string Field, object? Value)> values)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var encoded = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(values.Length);
        foreach (var (name, value) in values)
            encoded.Add(new(name, Encode(schema.Fields[schema.IndexOf(name)], value)));
        return new FieldValues(encoded);
    }

    /// <summary>The encoded value of a field, if it is among these.</summary>
    public bool TryGet(string field, out ReadOnlyMemory<byte> encoded) => _values.TryGetValue(field, out encoded);

    /// <summary>These values, with those of <paramref name="newer"/> in place of them or besides.</summary>
    public FieldValues With(FieldValues newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        return new(this.Where(value => !newer._values.ContainsKey(value.Key)).Concat(newer));
    }

    /// <summary>Checks that a row of the collection can take these values.</summary>
    /// <exception cref="ArgumentException">There is no such field, it is the key, or a value is not of its kind.</exception>
    public void Check(CollectionSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        foreach (var (name, value) in _values)
        {
            var field = schema.Fields[schema.IndexOf(name)];
            if (field.IsKey)
                throw new ArgumentException($"'{name}' is the key of '{schema.Name}', which no edit changes.");
            if (!IsOf(field, value.Span))
                throw new ArgumentException($"Field '{name}' of '{schema.Name}' is of kind {field.Kind}{(field.IsNullable ? " or null" : "")}; the value given to it is not.");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(FieldValues? other) =>
        other is not null && Count == other.Count && _values.Zip(other._values).All(pair =>
            pair.First.Key == pair.Second.Key && pair.First.Value.Span.SequenceEqual(pair.Second.Value.Span));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldValues);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (name, value) in _values)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.AddBytes(value.Span);
        }

        return hash.ToHashCode();
    }

    private static byte[] Encode(FieldSchema field, object? value)
    {
        var buffer = new ArrayBufferWriter<byte>(16);
        var writer = new MessagePackWriter(buffer);
        switch (field.Kind, value)
        {
            case (_, null) when field.IsNullable:
                writer.WriteNil();
                break;
            case (FieldKind.Boolean, bool flag):
                writer.WriteBoolean(flag);
                break;
            case (FieldKind.Int32 or FieldKind.Int64, int number):
                writer.WriteInt64(number);
                break;
            case (FieldKind.Int64, long number) when Math.Abs(number) <= RowKey.MaxMagnitude:
                writer.WriteInt64(number);
                break;
            case (FieldKind.Double, double number) when !double.IsNaN(number):
                writer.WriteDouble(number);
                break;
            case (FieldKind.Timestamp, DateTimeOffset instant):
                writer.WriteTimestamp(instant);
                break;
            case (FieldKind.Text, string text):
                writer.WriteText(text);
                break;
            default:
                throw new ArgumentException($"Field '{field.Name}' is of kind {field.Kind}{(field.IsNullable ? " or null" : "")}; it cannot hold {value?.GetType().Name ?? "null"} '{value}'.", nameof(value));
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool IsOf(FieldSchema field, ReadOnlySpan<byte> value)
    {
        var reader = new MessagePackReader(value);
        try
        {
            if (reader.TryReadNil())
                return field.IsNullable && reader.IsAtEnd;
            switch (field.Kind)
            {
                case FieldKind.Boolean:
                    reader.ReadBoolean();
                    break;
                case FieldKind.Int32:
                    reader.ReadInt32();
                    break;
                case FieldKind.Int64:
                    if (Math.Abs((double)reader.ReadInt64()) > RowKey.MaxMagnitude)
                        return false;
                    break;
                case FieldKind.Double:
                    if (double.IsNaN(reader.ReadDouble()))
                        return false;
                    break;
                case FieldKind.Timestamp:
                    reader.ReadTimestamp();
                    break;
                default:
                    reader.ReadText();
                    break;
            }

            return reader.IsAtEnd;
        }
        catch (MessagePackFormatException)
        {
            return false;
        }
    }
}
