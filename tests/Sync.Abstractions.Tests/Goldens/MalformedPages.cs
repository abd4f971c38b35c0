using System.Buffers.Binary;
using Collection.Contracts;

namespace Collection.Sync.Abstractions.Tests;

/// <summary>
/// Well-formed pages with one thing wrong each, and the part and offset with which every reader refuses them. Where
/// the offsets come from is stated case by case, by the layout and not by the reader.
/// </summary>
internal static class MalformedPages
{
    private const int Flags = 4, Length = 8, Upserts = 12, Deletes = 16, Columns = 20, Hash = 24, Epoch = 32, Total = 40, CursorLength = 48, Reserved = 52, Cursor = 64;

    // Columns of the page below, by their position among the indexed fields.
    private const int FlagColumn = 0, FlagOrNull = 1, SmallOrNull = 3, Big = 4, Real = 6, Instant = 8, Text = 10, TextOrNull = 11;

    private static readonly byte[] Good = GoldenPages.All().Single(golden => golden.Name == "every-kind").Page;
    private static readonly PageLayout Layout = PageLayout.Of(Good, GoldenPages.EveryKind);
    private static readonly int RowCount = BinaryPrimitives.ReadInt32LittleEndian(Good.AsSpan(Upserts));
    private static readonly int ChangeCount = RowCount + BinaryPrimitives.ReadInt32LittleEndian(Good.AsSpan(Deletes));

    public static IEnumerable<(string Name, CollectionSchema Schema, byte[] Page, PagePart Part, long Offset)> All() =>
        [.. InHeader(), .. InSections(), .. InKeys(), .. InColumns(), .. InRows()];

    private static IEnumerable<(string, CollectionSchema, byte[], PagePart, long)> InHeader()
    {
        yield return Case("no-bytes", PagePart.Header, 0, _ => []);
        yield return Case("header-cut", PagePart.Header, 63, page => page[..63]);
        yield return Case("sign-in-page", PagePart.Header, 0, _ => [.. "<!doctype html>"u8, .. new byte[100]]);
        yield return Case("other-format", PagePart.Header, 0, page => page[3]++);
        yield return Case("unknown-flag", PagePart.Header, Flags, page => page[Flags] |= 4);
        yield return Case("length-short", PagePart.Header, Length, page => Write(page, Length, (uint)page.Length - 8));
        yield return Case("cut-at-the-end", PagePart.Header, Length, page => page[..^8]);
        yield return Case("bytes-after-the-end", PagePart.Header, Length, page => [.. page, .. new byte[8]]);
        yield return Case("upserts-huge", PagePart.Header, Upserts, page => Write(page, Upserts, uint.MaxValue));
        yield return Case("deletes-huge", PagePart.Header, Upserts, page => Write(page, Deletes, uint.MaxValue));
        yield return Case("columns-huge", PagePart.Header, Columns, page => Write(page, Columns, 65));
        yield return Case("columns-one-fewer", PagePart.Header, Columns, page => page[Columns]--);
        yield return Case("other-schema", PagePart.Header, Hash, page => page[Hash]++);
        yield return Case("epoch-negative", PagePart.Header, Epoch, page => Write(page, Epoch, -1.0));
        yield return Case("epoch-fraction", PagePart.Header, Epoch, page => Write(page, Epoch, 1.5));
        yield return Case("total-below-unknown", PagePart.Header, Total, page => Write(page, Total, -2.0));
        yield return Case("total-nan", PagePart.Header, Total, page => Write(page, Total, double.NaN));
        yield return Case("total-too-large", PagePart.Header, Total, page => Write(page, Total, RowKey.MaxMagnitude + 1.0));
        yield return Case("cursor-empty", PagePart.Header, CursorLength, page => Write(page, CursorLength, 0u));
        yield return Case("cursor-too-long", PagePart.Header, CursorLength, page => Write(page, CursorLength, SyncCursor.MaxLength + 1u));
        yield return Case("cursor-length-huge", PagePart.Header, CursorLength, page => Write(page, CursorLength, uint.MaxValue));
        yield return Case("reserved-set", PagePart.Header, Reserved, page => page[63] = 1);
        yield return Case("cursor-with-space", PagePart.Cursor, Cursor, page => page[Cursor + 3] = (byte)' ');
        yield return Case("cursor-not-ascii", PagePart.Cursor, Cursor, page => page[Cursor + 3] = 0x80);
        yield return Case("cursor-padding-set", PagePart.Cursor, Cursor + "every-kind".Length, page => page[Layout.Keys.Start - 1] = 1);
    }

    private static IEnumerable<(string, CollectionSchema, byte[], PagePart, long)> InSections()
    {
        yield return Case("upserts-one-more", PagePart.Keys, Layout.Keys.Start + 4, page => page[Upserts]++);
        yield return Case("deletes-one-fewer", PagePart.Keys, Layout.Keys.Start + 4, page => page[Deletes]--);

        // One upsert taken for a delete: as many changes as before, so that the first column is the first to be wrong.
        yield return Case("upsert-counted-as-delete", PagePart.Column, Layout.Column(FlagColumn).Start + 4, page =>
        {
            page[Upserts]--;
            page[Deletes]++;
        });
        yield return Case("keys-of-another-kind", PagePart.Keys, Layout.Keys.Start, page => page[Layout.Keys.Start] = (byte)FieldKind.Double);
        yield return Case("keys-of-another-field", PagePart.Keys, Layout.Keys.Start, page => page[Layout.Keys.Start + 2]++);
        yield return Case("keys-nullable", PagePart.Keys, Layout.Keys.Start, page => page[Layout.Keys.Start + 1] = 1);
        yield return Case("key-fraction", PagePart.Keys, Layout.Keys.Data + 16, page => Write(page, Layout.Keys.Data + 16, 0.5));
        yield return Case("key-too-large", PagePart.Keys, Layout.Keys.Data, page => Write(page, Layout.Keys.Data, -(RowKey.MaxMagnitude + 1.0)));
        yield return Case("deleted-key-nan", PagePart.Keys, Layout.Keys.End - 8, page => Write(page, Layout.Keys.End - 8, double.NaN));
        yield return Case("transaction-negative", PagePart.Versions, Layout.Transactions.Data + 8, page => Write(page, Layout.Transactions.Data + 8, -1.0));
        yield return Case("transactions-with-a-field", PagePart.Versions, Layout.Transactions.Start, page => page[Layout.Transactions.Start + 3] = 0);
        yield return Case("sequence-fraction", PagePart.Versions, Layout.Sequences.End - 8, page => Write(page, Layout.Sequences.End - 8, 1e-9));
        yield return Case("sequence-infinite", PagePart.Versions, Layout.Sequences.Data, page => Write(page, Layout.Sequences.Data, double.PositiveInfinity));
    }

    private static IEnumerable<(string, CollectionSchema, byte[], PagePart, long)> InKeys()
    {
        // Seven texts: "A", "ß", "e" and an accent, U+FEFF and a smiley, 256 bytes, U+FFFF, "a".
        var texts = GoldenPages.All().Single(golden => golden.Name == "text-keys").Page;
        var text = PageLayout.Of(texts, GoldenPages.TextKeys).Keys;
        var bytes = text.Data + (8 * 4);
        yield return OfTexts("text-key-empty", text.Data, page => Write(page, text.Data + 4, 0u));
        yield return OfTexts("text-key-too-long", text.Data + (4 * 4), page => Write(page, text.Data + (5 * 4), (uint)(text.Length - (8 * 4) - 1)));
        yield return OfTexts("text-key-nul", text.Data, page => page[bytes] = 0);
        yield return OfTexts("text-key-bad-utf8", bytes, page => page[bytes] = 0xff);
        yield return OfTexts("text-key-offset-inside-a-character", text.Data + 8, page => Write(page, text.Data + 8, 2u));
        yield return OfTexts("text-key-offsets-fall", text.Data + 8, page => Write(page, text.Data + 8, 0u));
        yield return OfTexts("text-key-length-short", text.Data + (7 * 4), page => page[text.Start + 4]--);
        yield return OfTexts("text-keys-of-another-kind", text.Start, page => page[text.Start] = (byte)FieldKind.Int64);

        var guids = GoldenPages.All().Single(golden => golden.Name == "guid-keys").Page;
        var guid = PageLayout.Of(guids, GoldenPages.GuidKeys).Keys;
        yield return Of(GoldenPages.GuidKeys, guids, "guid-keys-one-fewer", guid.Start + 4, page => Write(page, guid.Start + 4, 48u));
        yield return Of(GoldenPages.GuidKeys, guids, "guid-keys-as-text", guid.Start, page => page[guid.Start] = (byte)FieldKind.Text);

        (string, CollectionSchema, byte[], PagePart, long) OfTexts(string name, long offset, Action<byte[]> spoil) => Of(GoldenPages.TextKeys, texts, name, offset, spoil);

        static (string, CollectionSchema, byte[], PagePart, long) Of(CollectionSchema schema, byte[] good, string name, long offset, Action<byte[]> spoil)
        {
            byte[] page = [.. good];
            spoil(page);
            return (name, schema, page, PagePart.Keys, offset);
        }
    }

    private static IEnumerable<(string, CollectionSchema, byte[], PagePart, long)> InColumns()
    {
        var flag = Layout.Column(FlagColumn);
        var flagOrNull = Layout.Column(FlagOrNull);
        var text = Layout.Column(Text);
        var textBytes = text.Data + ((RowCount + 1) * 4);

        yield return Case("column-of-another-kind", PagePart.Column, flag.Start, page => page[flag.Start] = (byte)FieldKind.Int32);
        yield return Case("column-flags-unknown", PagePart.Column, flag.Start, page => page[flag.Start + 1] = 2);
        yield return Case("column-not-nullable", PagePart.Column, flagOrNull.Start, page => page[flagOrNull.Start + 1] = 0);
        yield return Case("column-of-another-field", PagePart.Column, Layout.Column(Big).Start, page => page[Layout.Column(Big).Start + 2]++);
        yield return Case("column-length-short", PagePart.Column, flag.Start + 4, page => page[flag.Start + 4]--);
        yield return Case("boolean-two", PagePart.Column, flag.Data + 5, page => page[flag.Data + 5] = 2);
        yield return Case("column-padding-set", PagePart.Column, flag.End, page => page[flag.End + 2] = 1);
        yield return Case("null-bit-after-the-last-row", PagePart.Column, flagOrNull.Nulls + (RowCount / 8), page => page[flagOrNull.Nulls + (RowCount / 8)] |= 0x80);
        yield return Case("null-padding-set", PagePart.Column, flagOrNull.Nulls + 2, page => page[flagOrNull.Data - 1] = 1);
        yield return Case("int64-fraction", PagePart.Column, Layout.Column(Big).Data + 8, page => Write(page, Layout.Column(Big).Data + 8, 1.25));
        yield return Case("int64-too-large", PagePart.Column, Layout.Column(Big).Data, page => Write(page, Layout.Column(Big).Data, RowKey.MaxMagnitude + 1.0));
        yield return Case("double-nan", PagePart.Column, Layout.Column(Real).Data + 24, page => Write(page, Layout.Column(Real).Data + 24, double.NaN));
        yield return Case("timestamp-fraction", PagePart.Column, Layout.Column(Instant).Data, page => Write(page, Layout.Column(Instant).Data, 0.25));
        yield return Case("text-too-short-for-offsets", PagePart.Column, text.Data, page => Write(page, text.Start + 4, 8u));
        yield return Case("text-length-huge", PagePart.Column, text.Data, page => Write(page, text.Start + 4, uint.MaxValue));
        yield return Case("text-first-offset-not-zero", PagePart.Column, text.Data, page => Write(page, text.Data, 1u));
        yield return Case("text-offsets-fall", PagePart.Column, text.Data + 12, page => Write(page, text.Data + 12, 0u));
        yield return Case("text-offset-outside", PagePart.Column, text.Data + 8, page => Write(page, text.Data + 8, 0x7fffffffu));
        yield return Case("text-offset-beyond-31-bits", PagePart.Column, text.Data + 8, page => Write(page, text.Data + 8, 0x80000000u));
        yield return Case("text-last-offset-short", PagePart.Column, text.Data + (RowCount * 4), page => page[text.Data + (RowCount * 4)]--);

        // The texts start with "", "a", "ß": byte 1 starts the two bytes of the sharp s.
        yield return Case("text-bad-utf8", PagePart.Column, textBytes, page => page[textBytes] = 0xff);
        yield return Case("text-surrogate", PagePart.Column, textBytes, page => new byte[] { 0xed, 0xa0, 0x80 }.CopyTo(page, textBytes));
        yield return Case("text-overlong", PagePart.Column, textBytes, page => new byte[] { 0xc0, 0x80, 0x61 }.CopyTo(page, textBytes));
        yield return Case("text-offset-inside-a-character", PagePart.Column, text.Data + 8, page => Write(page, text.Data + 8, 2u));
    }

    private static IEnumerable<(string, CollectionSchema, byte[], PagePart, long)> InRows()
    {
        var rows = Layout.Rows;
        yield return Case("rows-of-another-kind", PagePart.Rows, rows.Start, page => page[rows.Start] = (byte)FieldKind.Text);
        yield return Case("rows-with-a-field", PagePart.Rows, rows.Start, page => page[rows.Start + 2] = 0);
        yield return Case("rows-offsets-fall", PagePart.Rows, rows.Data + 8, page => Write(page, rows.Data + 8, 0u));
        yield return Case("rows-last-offset-beyond", PagePart.Rows, rows.Data + (RowCount * 4), page => page[rows.Data + (RowCount * 4)]++);
        yield return Case("rows-length-beyond-the-end", PagePart.Rows, rows.Data, page => Write(page, rows.Start + 4, (uint)(page.Length - rows.Data + 1)));

        // A page that says of itself that it is longer than its last section.
        yield return Case("section-after-the-last", PagePart.Rows, Good.Length, page =>
        {
            byte[] longer = [.. page, .. new byte[8]];
            Write(longer, Length, (uint)longer.Length);
            return longer;
        });
        yield return Case("rows-missing", PagePart.Rows, rows.Start, page =>
        {
            var shorter = page[..rows.Start];
            Write(shorter, Length, (uint)shorter.Length);
            return shorter;
        });
    }

    private static (string, CollectionSchema, byte[], PagePart, long) Case(string name, PagePart part, long offset, Action<byte[]> spoil) =>
        Case(name, part, offset, page =>
        {
            spoil(page);
            return page;
        });

    private static (string, CollectionSchema, byte[], PagePart, long) Case(string name, PagePart part, long offset, Func<byte[], byte[]> spoil) =>
        (name, GoldenPages.EveryKind, spoil([.. Good]), part, offset);

    private static void Write(byte[] page, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(offset), value);

    private static void Write(byte[] page, int offset, double value) => BinaryPrimitives.WriteDoubleLittleEndian(page.AsSpan(offset), value);
}
