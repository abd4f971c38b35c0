using System.Text;
using Collection.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>For any schema and any rows, what was written is what is read.</summary>
public sealed class PagePropertyTests
{
    private sealed record Case(CollectionSchema Schema, (RowVersion Version, object?[] Values)[] Rows, (object? Key, RowVersion Version)[] Deletes);

    [Fact]
    public void Page_reads_back_as_it_was_written() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Cases().ToArbitrary(), ReadsBack));

    private static void ReadsBack(Case sample)
    {
        var builder = new PageBuilder(sample.Schema);
        foreach (var (version, values) in sample.Rows)
            builder.Upsert(version, values);
        foreach (var (key, version) in sample.Deletes)
            builder.Delete(KeyOf(key), version);

        var page = Page.Read(builder.Build("c", more: true, epoch: 3, totalRows: sample.Rows.Length), sample.Schema);

        (page.Header.More, page.Header.IsSnapshot, page.Header.Epoch, page.Header.TotalRows).ShouldBe((true, false, 3, sample.Rows.Length));
        (page.Header.UpsertCount, page.Header.DeleteCount, page.Rows.Count).ShouldBe((sample.Rows.Length, sample.Deletes.Length, sample.Rows.Length));
        Read(page).ShouldBe(Written(sample));
    }

    /// <summary>Keys and versions, then each row with its columns.</summary>
    private static List<object?> Written(Case sample)
    {
        List<object?> written =
        [
            .. sample.Rows.Select(row => (object)(row.Values[sample.Schema.KeyIndex], row.Version)),
            .. sample.Deletes.Select(delete => (object)(delete.Key, delete.Version)),
        ];
        foreach (var (_, values) in sample.Rows)
        {
            written.AddRange(values);
            written.AddRange(sample.Schema.IndexedFields.Select(field => values[field] switch
            {
                string text => TextFolding.Fold(text),
                bool flag => flag ? 1.0 : 0.0,
                IConvertible number => (object)number.ToDouble(null),
                _ => null,
            }));
        }

        return written;
    }

    private static List<object?> Read(Page page)
    {
        List<object?> read = [.. Enumerable.Range(0, page.Header.UpsertCount + page.Header.DeleteCount).Select(i => (object)(ValueOf(page.Key(i)), page.Version(i)))];
        for (var row = 0; row < page.Rows.Count; row++)
        {
            AddRow(read, page.Rows[row].Span, page.Schema);
            for (var column = 0; column < page.Schema.IndexedFields.Length; column++)
            {
                read.Add(page.IsNull(column, row) ? null
                    : page.Schema.Fields[page.Schema.IndexedFields[column]].Kind == FieldKind.Text ? Encoding.UTF8.GetString(page.Text(column, row))
                    : page.Number(column, row));
            }
        }

        return read;
    }

    private static void AddRow(List<object?> read, ReadOnlySpan<byte> row, CollectionSchema schema)
    {
        var reader = new MessagePackReader(row);
        reader.ReadArrayHeader(schema.Fields.Length);
        foreach (var field in schema.Fields)
        {
            read.Add(reader.TryReadNil() ? null : field.Kind switch
            {
                FieldKind.Boolean => reader.ReadBoolean(),
                FieldKind.Int32 => reader.ReadInt32(),
                FieldKind.Double => reader.ReadDouble(),
                FieldKind.Text => reader.ReadText(),
                FieldKind.Guid => reader.ReadGuid(),
                _ => (object)reader.ReadInt64(),
            });
        }

        reader.IsAtEnd.ShouldBeTrue();
    }

    private static RowKey KeyOf(object? value) => value switch
    {
        string text => text,
        Guid guid => guid,
        _ => (long)value!,
    };

    private static object? ValueOf(RowKey key) => key.Kind switch
    {
        FieldKind.Text => key.Text,
        FieldKind.Guid => key.Guid,
        _ => key.Value,
    };

    private static Gen<Case> Cases() =>
        from schema in Schemas()
        from rows in Gen.ArrayOf(Row(schema))
        from deletes in Gen.ArrayOf(from key in Value(schema.Key) from version in Versions() select (key, version))
        select new Case(schema, rows, deletes);

    private static Gen<CollectionSchema> Schemas() =>
        from before in Gen.ListOf(Field())
        from after in Gen.ListOf(Field())
        from key in Gen.Elements(FieldKind.Int64, FieldKind.Text, FieldKind.Guid)
        select new CollectionSchema("generated",
            [.. before.Take(20).Select((field, i) => field with { Name = $"b{i}" }), new("key", key) { IsKey = true }, .. after.Take(20).Select((field, i) => field with { Name = $"a{i}" })]);

    private static Gen<FieldSchema> Field() =>
        from kind in Gen.Elements(Enum.GetValues<FieldKind>().Except([FieldKind.Guid]))
        from isNullable in Gen.Elements(true, false)
        from isIndexed in Gen.Elements(true, false)
        select new FieldSchema("x", kind) { IsNullable = isNullable, IsIndexed = isIndexed };

    private static Gen<(RowVersion, object?[])> Row(CollectionSchema schema) =>
        from version in Versions()
        from values in Gen.CollectToArray(schema.Fields, Value)
        select (version, values);

    private static Gen<object?> Value(FieldSchema field)
    {
        var value = field.Kind switch
        {
            FieldKind.Boolean => Gen.Elements(true, false).Select(flag => (object?)flag),
            FieldKind.Int32 => Gen.OneOf(Gen.Choose(int.MinValue, int.MaxValue), Gen.Elements(0, -1, int.MinValue, int.MaxValue)).Select(number => (object?)number),
            FieldKind.Double => ArbMap.Default.GeneratorFor<double>().Where(number => !double.IsNaN(number)).Select(number => (object?)number),
            FieldKind.Text when field.IsKey => Text().Select(text => (object?)Fit(text.Replace("\0", ""))),
            FieldKind.Guid => ArbMap.Default.GeneratorFor<Guid>().Select(guid => (object?)guid),
            FieldKind.Text => Text().Select(text => (object?)text),
            _ => Integers().Select(number => (object?)number),
        };
        return field.IsNullable ? Gen.Frequency((3, value), (1, Gen.Constant<object?>(null))) : value;
    }

    private static Gen<string> Text() =>
        Gen.ArrayOf(Gen.OneOf(Gen.Choose(0, 0x7f), Gen.Choose(0x80, 0xd7ff), Gen.Choose(0xe000, 0x10ffff)))
            .Select(points => string.Concat(points.Select(char.ConvertFromUtf32)));

    // As long as a key may be, in whole characters.
    private static string Fit(string text)
    {
        while (Encoding.UTF8.GetByteCount(text) > RowKey.MaxTextBytes)
            text = text[..^(char.IsLowSurrogate(text[^1]) ? 2 : 1)];
        return text.Length > 0 ? text : "k";
    }

    private static Gen<long> Integers() =>
        Gen.OneOf(ArbMap.Default.GeneratorFor<long>().Select(number => number % RowKey.MaxMagnitude), Gen.Elements(0, RowKey.MaxMagnitude, -RowKey.MaxMagnitude));

    private static Gen<RowVersion> Versions() =>
        from transaction in Integers()
        from sequence in Integers()
        select new RowVersion(Math.Abs(transaction), Math.Abs(sequence));
}
