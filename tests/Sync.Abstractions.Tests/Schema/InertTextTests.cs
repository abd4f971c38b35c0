using System.Text;

namespace Collection.Sync.Abstractions.Tests.Schema;

/// <summary>Text that is passed by without being folded must be what folding would have made of it.</summary>
public sealed class InertTextTests
{
    private const int Seed = 99;

    private static readonly char[] s_inert = [.. Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code)
        .Where(c => !char.IsSurrogate(c) && TextFolding.IsInert(Encoding.UTF8.GetBytes([c])))];

    [Fact]
    public void Random_inert_text_is_its_own_folded_form()
    {
        var random = new Random(Seed);
        for (var i = 0; i < 200_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => s_inert[random.Next(s_inert.Length)]));
            TextFolding.Fold(text).ShouldBe(text, $"seed {Seed}: {string.Join(' ', text.Select(c => $"{(int)c:X4}"))}");
        }
    }

    /// <summary>Within one script neighbours compose, if anywhere: every pair from blocks of 256.</summary>
    [Fact]
    public void Every_pair_of_neighbouring_inert_characters_is_its_own_folded_form()
    {
        foreach (var block in s_inert.Where(c => c < 0x3400).GroupBy(c => c / 256))
        {
            var characters = block.ToArray();
            foreach (var first in characters)
            {
                foreach (var second in characters)
                {
                    string text = new([first, second]);
                    if (!text.IsNormalized(NormalizationForm.FormKC) || TextFolding.Fold(text) != text)
                        Assert.Fail($"{(int)first:X4} {(int)second:X4}");
                }
            }
        }
    }

    [Theory]
    [InlineData("商店の名前", true)]
    [InlineData("مرحبا", true)]
    [InlineData("привет", true)]
    [InlineData("straße łódź", true)]
    [InlineData("Привет", false)]
    [InlineData("ﬁne", false)]
    [InlineData("a\u0308", false)]
    [InlineData("한글", true)]
    [InlineData("\u1112\u1161", false)]
    [InlineData("ｆｕｌｌ", false)]
    [InlineData("😀", false)]
    public void Text_is_inert_where_folding_has_nothing_to_do(string text, bool expected) =>
        TextFolding.IsInert(Encoding.UTF8.GetBytes(text)).ShouldBe(expected);

    [Fact]
    public void Bytes_that_are_no_text_are_not_inert() => TextFolding.IsInert([0xe4, 0xb8]).ShouldBeFalse();
}
