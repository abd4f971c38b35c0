using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Collection.Sync.Abstractions;

namespace Collection.Export.Streaming;

/// <summary>The fields that are written of each row, in their order.</summary>
internal sealed class RowColumns
{
    private readonly int[] _positions;
    private readonly int _fieldCount;

    /// <param name="schema">The rows.</param>
    /// <param name="names">The names of the fields; empty for all of them.</param>
    /// <exception cref="ArgumentException">The collection has no such field, or one is named twice.</exception>
    public RowColumns(CollectionSchema schema, ImmutableArray<string> names)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _fieldCount = schema.Fields.Length;
        _positions = names.IsDefaultOrEmpty ? [.. Enumerable.Range(0, _fieldCount)] : [.. names.Select(schema.IndexOf)];
        if (_positions.Distinct().Count() != _positions.Length)
            throw new ArgumentException($"A column is named twice among '{string.Join("', '", names)}'.", nameof(names));
        Fields = [.. _positions.Select(position => schema.Fields[position])];
        Kinds = [.. Fields.Select(field => field.Kind)];
    }

    public ImmutableArray<FieldSchema> Fields { get; }

    /// <summary>The kinds of <see cref="Fields"/>. Not to be changed.</summary>
    public FieldKind[] Kinds { get; }

    /// <summary>Opens an encoded row.</summary>
    public Cells Of(ReadOnlySpan<byte> row) => new(this, row);

    /// <summary>The cells of a row, read one after the other.</summary>
    public ref struct Cells
    {
        private readonly RowColumns _columns;
        private readonly ReadOnlySpan<byte> _row;
        private MessagePackReader _reader;
        private int _next;

        public Cells(RowColumns columns, ReadOnlySpan<byte> row)
        {
            _columns = columns;
            _row = row;
            _reader = Open();
        }

        /// <summary>Goes to a column, and returns what reads its value: once.</summary>
        [UnscopedRef]
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref MessagePackReader Of(int column)
        {
            var position = _columns._positions[column];
            if (position != _next)
                GoTo(position);
            _next++;
            return ref _reader;
        }

        private void GoTo(int position)
        {
            // It stands before the last one that was read: start over.
            if (position < _next)
                _reader = Open();
            for (; _next < position; _next++)
                _reader.Skip();
        }

        private MessagePackReader Open()
        {
            var reader = new MessagePackReader(_row);
            reader.ReadArrayHeader(_columns._fieldCount);
            _next = 0;
            return reader;
        }
    }
}
