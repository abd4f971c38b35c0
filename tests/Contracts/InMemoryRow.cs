using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>A row of a view, read where it lies: in its page, or, where edits are on top of it, in bytes of its own.</summary>
internal sealed class InMemoryRow(Page page, int index)
{
    private object?[]? _values;

    public RowKey Key { get; } = page.Key(index);

    public ReadOnlyMemory<byte> Encoded { get; private init; } = page.Rows[index];

    /// <summary>True for a row that no change has come to since, as far as can be seen.</summary>
    public bool IsSameAs(InMemoryRow other) => (page, index) == other.Place && Encoded.Span.SequenceEqual(other.Encoded.Span);

    private (Page, int) Place => (page, index);

    /// <summary>The row with other values.</summary>
    public InMemoryRow With(CollectionSchema schema, ReadOnlyMemory<byte> encoded) =>
        new(page, index) { Encoded = encoded, _values = Decode(schema, encoded.Span) };

    /// <summary>The value of an indexed field, or of the key: a number, folded UTF-8, or null.</summary>
    public object? Value(CollectionSchema schema, int field)
    {
        if (field == schema.KeyIndex)
            return Key;
        if (_values is not null)
            return _values[field];
        var column = schema.IndexedFields.IndexOf(field);
        return page.IsNull(column, index) ? null
            : schema.Fields[field].Kind == FieldKind.Text ? page.Text(column, index).ToArray()
            : page.Number(column, index);
    }

    private static object?[] Decode(CollectionSchema schema, ReadOnlySpan<byte> row)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        var values = new object?[schema.Fields.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var field = schema.Fields[i];
            if (!field.IsIndexed)
                reader.Skip();
            else
                values[i] = reader.TryReadNil() ? null : Decode(field.Kind, ref reader);
        }

        return values;
    }

    private static object Decode(FieldKind kind, ref MessagePackReader reader) => kind switch
    {
        FieldKind.Boolean => reader.ReadBoolean() ? 1.0 : 0.0,
        FieldKind.Double => reader.ReadDouble(),
        FieldKind.Text => Encoding.UTF8.GetBytes(TextFolding.Fold(reader.ReadText())),
        _ => (double)reader.ReadInt64(),
    };
}
