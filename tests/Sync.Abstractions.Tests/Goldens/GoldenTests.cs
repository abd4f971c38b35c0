using System.Text;
using System.Text.Json.Nodes;

namespace Collection.Sync.Abstractions.Tests;

public sealed class GoldenTests
{
    public static TheoryData<string> PageNames => [.. GoldenPages.All().Select(golden => golden.Name)];

    public static TheoryData<string> MalformedNames => [.. MalformedPages.All().Select(golden => golden.Name)];

    [Theory]
    [MemberData(nameof(PageNames))]
    public void Page_is_written_byte_for_byte_as_the_golden_file(string name)
    {
        var (_, schema, bytes) = GoldenPages.All().Single(golden => golden.Name == name);

        GoldenFiles.ShouldHold($"{name}.page", bytes);
        GoldenFiles.ShouldHold($"{name}.json", Encoding.UTF8.GetBytes(GoldenJson.Format(GoldenJson.Page(Page.Read(bytes, schema)))));
    }

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public void Malformed_page_is_refused_with_part_and_offset(string name)
    {
        var (_, schema, bytes, part, offset) = MalformedPages.All().Single(golden => golden.Name == name);

        var refusal = Should.Throw<PageFormatException>(() => Page.Read(bytes, schema));

        (refusal.Part, refusal.Offset).ShouldBe((part, offset), refusal.Message);
        GoldenFiles.ShouldHold($"malformed/{name}.page", bytes);
        GoldenFiles.ShouldHold($"malformed/{name}.json", Encoding.UTF8.GetBytes(GoldenJson.Format(new JsonObject
        {
            ["part"] = part.ToString(),
            ["offset"] = offset,
            ["schema"] = GoldenJson.Schema(schema),
        })));
    }

    [Fact]
    public void Fold_gives_the_golden_answers()
    {
        foreach (var (input, expected) in FoldCases.All)
            TextFolding.Fold(input).ShouldBe(expected, $"fold of '{input}'");

        var json = new JsonArray([.. FoldCases.All.Select(c => new JsonArray(c.Input, c.Expected))]);
        GoldenFiles.ShouldHold("fold.json", Encoding.UTF8.GetBytes(GoldenJson.Format(json)));
    }

    [Fact]
    public void Golden_folder_holds_nothing_else()
    {
        var expected = GoldenPages.All().SelectMany(golden => new[] { $"{golden.Name}.page", $"{golden.Name}.json" })
            .Concat(MalformedPages.All().SelectMany(golden => new[] { $"malformed/{golden.Name}.page", $"malformed/{golden.Name}.json" }))
            .Append("fold.json");

        var found = Directory.EnumerateFiles(GoldenFiles.Folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(GoldenFiles.Folder, path).Replace('\\', '/'));

        found.Except(expected).ShouldBeEmpty("each file in tests/golden is written by a test.");
    }
}
