using System.Globalization;
using System.Text;

namespace Collection.Sync.Abstractions.Tests;

public sealed class TextFoldingTests
{
    [Fact]
    public void Folding_any_code_point_twice_changes_nothing_more()
    {
        var failures = new List<string>();
        for (var value = 0; value <= 0x10ffff; value++)
        {
            if (!Rune.IsValid(value))
                continue;
            var folded = TextFolding.Fold(new Rune(value).ToString());
            if (TextFolding.Fold(folded) != folded)
                failures.Add($"U+{value:X4}");
        }

        failures.ShouldBeEmpty();
    }

    [Fact]
    public void Folding_any_pair_of_letter_and_mark_twice_changes_nothing_more()
    {
        const int Seed = 5;
        var random = new Random(Seed);
        for (var i = 0; i < 200_000; i++)
        {
            var text = $"{RandomRune(random, 0x2fff)}{RandomRune(random, 0x36f, 0x300)}{RandomRune(random, 0x36f, 0x300)}";
            var folded = TextFolding.Fold(text);
            if (TextFolding.Fold(folded) != folded)
                Assert.Fail(string.Join(' ', text.Select(c => $"{(int)c:X4}")));
        }
    }

    [Fact]
    public void Folding_is_the_same_for_both_cases_and_all_forms_of_a_letter()
    {
        var failures = new List<string>();
        for (var value = 0; value <= 0x10ffff; value++)
        {
            // The two i's of Turkish are left alone by design; a dotted capital decomposes into I and a dot.
            if (!Rune.IsValid(value) || value is 'i' or 'I' or 0x130 or 0x131)
                continue;
            var rune = new Rune(value);
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse)
                continue;
            var folded = TextFolding.Fold(rune.ToString());
            if (TextFolding.Fold(Rune.ToUpperInvariant(rune).ToString()) != folded)
                failures.Add($"U+{value:X4} and its capital");
            if (value != 0xfffe && TextFolding.Fold(rune.ToString().Normalize(NormalizationForm.FormKD)) != folded)
                failures.Add($"U+{value:X4} and its decomposition");
        }

        failures.ShouldBeEmpty();
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        foreach (var text in new[] { "\ud800", "a\udc00", "\udc00\ud800", "\ufffe\ud800" })
            Should.Throw<ArgumentException>(() => TextFolding.Fold(text));
    }

    private static Rune RandomRune(Random random, int last, int first = 0x20) => new(random.Next(first, last + 1));
}
