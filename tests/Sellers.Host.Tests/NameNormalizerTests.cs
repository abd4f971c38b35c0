using System.Text;
using System.Text.RegularExpressions;
using Sellers.Host.Data;

namespace Collection.Sellers.Host.Tests;

public sealed partial class NameNormalizerTests
{
    /// <summary>The table in docs/text.md, row by row.</summary>
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "text.md"))
            .SkipWhile(line => line != "<!-- cases: normalization -->").TakeWhile(line => line != "<!-- end -->");
        foreach (var row in rows.Select(line => RowRule().Match(line)).Where(match => match.Success))
            cases.Add(Unescape(row.Groups[1].Value), Unescape(row.Groups[2].Value));
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Normalize_gives_what_the_documentation_says(string name, string normalized) =>
        NameNormalizer.Normalize(name).ShouldBe(normalized);

    [Fact]
    public void The_documentation_has_a_table() => Cases().Count.ShouldBeGreaterThan(20);

    [Fact]
    public void Normalizing_twice_changes_nothing_more()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var name = new StringBuilder();
            for (var length = random.Next(1, 12); length > 0; length--)
                name.Append(AnyRune(random).ToString());
            var once = NameNormalizer.Normalize(name.ToString());
            NameNormalizer.Normalize(once).ShouldBe(once, string.Join(' ', name.ToString().EnumerateRunes().Select(r => $"{r.Value:X4}")));
        }
    }

    [Theory]
    [InlineData("  Ada\t\nLovelace  ", "Ada Lovelace")]
    [InlineData("bell\u0007\u0000", "bell")]
    [InlineData("👩‍💻 می‌خواهم", "👩‍💻 می‌خواهم")]
    public void Display_keeps_what_is_written_on_one_line(string name, string display) => NameNormalizer.Display(name).ShouldBe(display);

    // Mostly from blocks with marks, spaces and invisible characters, where trouble would be.
    private static Rune AnyRune(Random random)
    {
        int[] starts = [0x20, 0xa0, 0x180, 0x300, 0x600, 0x900, 0x1100, 0x1e00, 0x2000, 0x3000, 0x3130, 0xac00, 0xfb00, 0xfdf0, 0xff00, 0x1f100];
        var code = random.Next(5) == 0 ? random.Next(0x110000) : starts[random.Next(starts.Length)] + random.Next(0x80);
        return Rune.TryCreate(code, out var rune) ? rune : new Rune('x');
    }

    // Code spans keep spaces and pipes; U+ escapes name what cannot be seen.
    private static string Unescape(string cell) => EscapeRule().Replace(cell, m => char.ConvertFromUtf32(Convert.ToInt32(m.Groups[1].Value, 16)));

    [GeneratedRegex(@"^\| `([^`]*)` \| `?([^`|]*?)`? \|")]
    private static partial Regex RowRule();

    [GeneratedRegex(@"\{([0-9A-F]{4,6})\}")]
    private static partial Regex EscapeRule();
}
