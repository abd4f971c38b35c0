using Collection.Sync.Abstractions;

namespace Collection.Contracts;

/// <summary>Makes pages from plain values, for tests of whatever takes pages.</summary>
public sealed class PageBuilder(CollectionSchema schema)
{
    private readonly PageWriter _writer = new(schema);

    /// <summary>Adds a row: one value a field in schema order, as <see cref="FieldFilter.Value"/> has them; null where missing.</summary>
    public PageBuilder Upsert(RowVersion version, params object?[] values)
    {
        _writer.BeginRow(version);
        foreach (var value in values)
            Write(value);
        _writer.EndRow();
        return this;
    }

    public PageBuilder Delete(RowKey key, RowVersion version)
    {
        _writer.Delete(key, version);
        return this;
    }

    public byte[] Build(string next, bool more = false, bool isSnapshot = false, long epoch = 1, long totalRows = -1) =>
        _writer.Finish(new PageHeader { Next = new SyncCursor(next), More = more, IsSnapshot = isSnapshot, Epoch = epoch, TotalRows = totalRows });

    private void Write(object? value)
    {
        switch (value)
        {
            case null: _writer.WriteNull(); break;
            case bool flag: _writer.WriteBoolean(flag); break;
            case int number: _writer.WriteInteger(number); break;
            case long number: _writer.WriteInteger(number); break;
            case double number: _writer.WriteDouble(number); break;
            case DateTimeOffset instant: _writer.WriteInteger(Microseconds.From(instant)); break;
            case Guid guid: _writer.WriteGuid(guid); break;
            case string text: _writer.WriteText(text); break;
            default: throw new ArgumentException($"A {value.GetType().Name} is not the value of any field.", nameof(value));
        }
    }
}
