using System.Globalization;
using System.Text;
using Collection.Sync.Abstractions;

namespace Sellers.Host.Data;

/// <summary>
/// The forms of a seller's name. Done on the server alone, since a browser's globalization differs.
/// <c>docs/text.md</c> has a table of cases, which a test reads.
/// </summary>
internal static class NameNormalizer
{
    /// <summary>
    /// The name as sellers are deduplicated, sorted and searched by: without characters that cannot be seen, folded,
    /// and with single spaces. Empty where nothing can be seen. Normalizing twice changes nothing more.
    /// </summary>
    /// <exception cref="ArgumentException">The name holds a surrogate without its other half.</exception>
    public static string Normalize(string name)
    {
        var visible = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsInvisible(rune))
                visible.Append(rune.ToString());
        }

        // Folding comes second: it composes letters that an invisible character has kept apart. White space comes
        // last: folding turns every kind of space into the plain one, and some accents into a space and an accent.
        return SingleSpaced(TextFolding.Fold(visible.ToString()));
    }

    /// <summary>
    /// The name as it is shown: as it came, but on one line, with single spaces and without control characters.
    /// Joiners and direction marks stay, which emoji and several scripts are written with.
    /// </summary>
    public static string Display(string name) => SingleSpaced(name);

    private static string SingleSpaced(string text)
    {
        var result = new StringBuilder(text.Length);
        var space = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                space = result.Length > 0;
                continue;
            }

            if (Rune.IsControl(rune) || IsNoncharacter(rune))
                continue;
            if (space)
                result.Append(' ');
            result.Append(rune.ToString());
            space = false;
        }

        return result.ToString();
    }

    // Unicode's Default_Ignorable_Code_Point, but for the marks that Arabic and Syriac show around numbers, and control
    // characters that are no white space.
    private static bool IsInvisible(Rune rune) => rune.Value switch
    {
        0x034f or 0x115f or 0x1160 or 0x17b4 or 0x17b5 or 0x3164 or 0xffa0 => true,
        (>= 0x180b and <= 0x180f) or (>= 0xfe00 and <= 0xfe0f) or (>= 0xe0000 and <= 0xe0fff) => true,
        (>= 0x0600 and <= 0x0605) or 0x06dd or 0x070f or 0x0890 or 0x0891 or 0x08e2 or 0x110bd or 0x110cd => false,
        _ => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
            || (Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune))
            || IsNoncharacter(rune),
    };

    // Code points that never stand for a character. .NET refuses to normalize one of them.
    private static bool IsNoncharacter(Rune rune) =>
        rune.Value is >= 0xfdd0 and <= 0xfdef || (rune.Value & 0xfffe) == 0xfffe;
}
