using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>How many bytes a change can take in a page, known before it is written: a page cannot give a row back.</summary>
internal static class PageBudget
{
    // A text of n bytes takes n and 5 in the row, and 4 and at most 12 n in its column: folding makes UTF-8 at most
    // eleven times as long, for U+FDFA, and case mapping adds a byte to some letters.
    private const int BytesPerTextByte = 13;
    private const int BytesPerField = 18;
    private const int BytesPerChange = 40;

    /// <param name="page">The page so far.</param>
    /// <param name="schema">The collection.</param>
    /// <param name="textBytes">The bytes of all texts of the next row, as UTF-8; 0 for a deletion.</param>
    /// <param name="maxBytes">The budget.</param>
    /// <returns>True where the next change might not fit; never for the first, so that every read gets on.</returns>
    public static bool IsFull(PageWriter page, CollectionSchema schema, long textBytes, int maxBytes) =>
        page.UpsertCount + page.DeleteCount > 0
        && page.ByteLength + BytesPerChange + (schema.Fields.Length * BytesPerField) + (textBytes * BytesPerTextByte) > maxBytes;
}
