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

        // Upper case first, so that letters with two lower-case forms (sigma and final sigma) meet. Invariant case
        // mapping leaves the dotted and the dotless i alone, so that they do not meet "i" by accident.
        return text.Normalize(NormalizationForm.FormKC).ToUpperInvariant().ToLowerInvariant().Normalize(NormalizationForm.FormKC);
    }
}
