using System.Text;

namespace Collection.Sync.Abstractions;

/// <summary>
/// The form in which text is searched and ordered: NFKC, then simple case folding of every code point, then NFKC
/// again. Folded text is compared by code point, which for UTF-8 is comparison byte by byte, so that C#, TypeScript
/// and SQL's binary collation agree. <c>docs/text.md</c> has a table of cases; the TypeScript half of the browser
/// store implements the same function for queries.
/// </summary>
public static class TextFolding
{
    private const char Noncharacter = '\ufffe';

    /// <summary>Folds <paramref name="text"/>. Folding twice changes nothing more.</summary>
    /// <exception cref="ArgumentException">The text holds a surrogate without its other half.</exception>
    /// <remarks>Needs ICU data: do not call it under invariant globalization (a trimmed browser app folds in the store).</remarks>
    public static string Fold(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();

        // .NET normalizes every code point but this one, at which it throws; it combines with nothing.
        if (text.Contains(Noncharacter))
            return string.Join(Noncharacter, text.Split(Noncharacter).Select(Fold));

        var composed = text.Normalize(NormalizationForm.FormKC);
        var folded = new StringBuilder(composed.Length);
        Span<char> chars = stackalloc char[2];
        foreach (var rune in composed.EnumerateRunes())
            folded.Append(chars[..FoldRune(rune).EncodeToUtf16(chars)]);
        return folded.ToString().Normalize(NormalizationForm.FormKC);
    }

    // Upper case first, so that letters with two lower-case forms (sigma and final sigma) meet. The dotted and the
    // dotless i have no simple folding: left alone, they do not meet "i" by accident.
    private static Rune FoldRune(Rune rune) =>
        rune.Value is 0x130 or 0x131 ? rune : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune));
}
