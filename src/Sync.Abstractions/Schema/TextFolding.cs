using System.Buffers;
using System.Collections;
using System.Globalization;
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

    private static readonly Lazy<BitArray> s_inert = new(FindInert);

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

        // Upper case first, so that letters with two lower-case forms (sigma and final sigma) meet. Invariant case
        // mapping leaves the dotted and the dotless i alone, so that they do not meet "i" by accident.
        return text.Normalize(NormalizationForm.FormKC).ToUpperInvariant().ToLowerInvariant().Normalize(NormalizationForm.FormKC);
    }

    /// <summary>
    /// True for text that is sure to be its own folded form, found in a fraction of the time that folding takes: most
    /// scripts know no case, and names that are kept in folded form already are folded again.
    /// </summary>
    internal static bool IsInert(ReadOnlySpan<byte> utf8)
    {
        var inert = s_inert.Value;
        while (utf8.Length > 0)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var length) != OperationStatus.Done || rune.Value > char.MaxValue || !inert[rune.Value])
                return false;
            utf8 = utf8[length..];
        }

        return true;
    }

    // Characters that folding leaves alone whatever stands beside them: their own folded form, and neither marks nor
    // Hangul jamo, which compose with what is before them. Every other starter that composes is followed by one of those.
    private static BitArray FindInert()
    {
        var inert = new BitArray(char.MaxValue + 1);
        for (var code = 0; code <= char.MaxValue; code++)
        {
            if (!Rune.IsValid(code) || code is (>= 0x1100 and <= 0x11ff) or (>= 0xd7b0 and <= 0xd7ff) || code == Noncharacter)
                continue;
            var rune = new Rune(code);
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.OtherNotAssigned)
                continue;
            var text = rune.ToString();
            inert[code] = Fold(text) == text;
        }

        return inert;
    }
}
