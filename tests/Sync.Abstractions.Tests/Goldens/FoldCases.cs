namespace Collection.Sync.Abstractions.Tests;

/// <summary>What text folds to. Escapes stand where two forms would look alike.</summary>
internal static class FoldCases
{
    public static (string Input, string Expected)[] All { get; } =
    [
        ("", ""),
        ("ABC xyz 123", "abc xyz 123"),
        ("[\\]^_`{|}~@", "[\\]^_`{|}~@"),
        ("  two  spaces\tand\r\nlines ", "  two  spaces\tand\r\nlines "),
        ("a\u0000B", "a\u0000b"),

        // No-break and ideographic spaces have compatibility mappings to the plain one.
        ("A\u00a0B\u3000C\u2003D", "a b c d"),
        ("ÄÖÜäöü", "äöüäöü"),

        // Simple folding keeps the length in code points: a sharp s meets its capital, but not "ss".
        ("Straße", "straße"),
        ("STRA\u1e9eE", "straße"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σίσυφοσ σίσυφοσ"),
        ("Σσς", "σσσ"),

        // The dotted and the dotless i stay apart from i and from each other.
        ("İIıi", "İiıi"),
        ("i\u0307", "i\u0307"),
        ("ﬁ ﬂ ﬃ ﬅ", "fi fl ffi st"),
        ("ＡＢＣ１２３！", "abc123!"),
        ("ﾄｳｷｮｳ", "トウキョウ"),
        ("ﾊﾟﾋﾞ", "パビ"),
        ("Ⅳ ⅳ", "iv iv"),
        ("x² ½ №", "x2 1\u20442 no"),

        // One letter in three forms: composed, decomposed, and the sign for the unit.
        ("\u00c5 A\u030a \u212b", "\u00e5 \u00e5 \u00e5"),
        ("\u212a", "k"),
        ("\u2126", "ω"),
        ("\u00b5", "\u03bc"),
        ("ſ", "s"),
        ("\u13e3\u13b3\u13a9 \uabb3\uab83\uab79", "\uabb3\uab83\uab79 \uabb3\uab83\uab79"),
        ("Ǆ ǅ ǆ", "dž dž dž"),
        ("e\u0301 É", "é é"),
        ("q\u0307\u0323", "q\u0323\u0307"),
        ("\u0345", "\u03b9"),
        ("ΐ \u1fd3", "ΐ ΐ"),
        ("МОСКВА Ёлка", "москва ёлка"),
        ("ՀԱՅ", "հայ"),
        ("ქართული ᲥᲐᲠᲗᲣᲚᲘ", "ქართული ქართული"),
        ("東京 中文", "東京 中文"),
        ("\uf900", "\u8c48"),
        ("한국", "한국"),
        ("\u1112\u1161\u11ab", "한"),
        ("किताब", "किताब"),
        ("\u0958", "\u0915\u093c"),
        ("שלום", "שלום"),
        ("ﷺ", "صلى الله عليه وسلم"),
        ("😀👩‍👧", "😀👩‍👧"),
        ("𐐀𐐁", "𐐨𐐩"),
        ("𝐀𝔅𝟙", "ab1"),
        ("\U0001e900", "\U0001e922"),
        ("A\ufffeB\ufffe", "a\ufffeb\ufffe"),
        ("\uffff\U0010ffff", "\uffff\U0010ffff"),
    ];
}
