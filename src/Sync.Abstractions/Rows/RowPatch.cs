using System.Buffers;

namespace Collection.Sync.Abstractions;

/// <summary>Reads and replaces single values of an encoded row without decoding the others.</summary>
public static class RowPatch
{
    /// <summary>A row with some values replaced. Fields that the collection does not have are passed over.</summary>
    /// <exception cref="MessagePackFormatException">The bytes are not a row of the collection.</exception>
    public static byte[] Apply(CollectionSchema schema, ReadOnlySpan<byte> row, FieldValues values)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(values);
        var patched = new ArrayBufferWriter<byte>(row.Length + 16);
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        patched.Write(row[..reader.Consumed]);
        foreach (var field in schema.Fields)
        {
            var start = reader.Consumed;
            reader.Skip();
            patched.Write(values.TryGet(field.Name, out var value) ? value.Span : row[start..reader.Consumed]);
        }

        return patched.WrittenSpan.ToArray();
    }

    /// <summary>The values that a row has in the fields that <paramref name="fields"/> names.</summary>
    /// <exception cref="MessagePackFormatException">The bytes are not a row of the collection.</exception>
    public static FieldValues Read(CollectionSchema schema, ReadOnlySpan<byte> row, FieldValues fields)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(fields);
        var read = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>(fields.Count);
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        foreach (var field in schema.Fields)
        {
            var start = reader.Consumed;
            reader.Skip();
            if (fields.TryGet(field.Name, out _))
                read.Add(new(field.Name, row[start..reader.Consumed].ToArray()));
        }

        return new FieldValues(read);
    }

    /// <summary>True where a row holds all of <paramref name="values"/>, byte for byte; a field that the collection does not have holds nothing.</summary>
    /// <exception cref="MessagePackFormatException">The bytes are not a row of the collection.</exception>
    public static bool Holds(CollectionSchema schema, ReadOnlySpan<byte> row, FieldValues values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Count == 0 || Read(schema, row, values).Equals(values);
    }

    /// <summary>A row as it is once edits have been applied to it in order; those whose condition does not hold by then are passed over.</summary>
    /// <exception cref="MessagePackFormatException">The bytes are not a row of the collection.</exception>
    public static ReadOnlyMemory<byte> Fold(CollectionSchema schema, ReadOnlyMemory<byte> row, IEnumerable<RowEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        foreach (var edit in edits)
        {
            if (edit.Fields.Count > 0 && Holds(schema, row.Span, edit.If))
                row = Apply(schema, row.Span, edit.Fields);
        }

        return row;
    }
}
