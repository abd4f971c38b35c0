namespace Collection.Browser.Tests;

/// <summary>Real names in many scripts, by way of <c>--import</c>.</summary>
public sealed class ImportTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task Imported_names_are_found_and_sorted_as_SQL_has_them()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Data", "names.csv");
        await using var host = await HostProcess.StartAsync(["--import", file]);
        var database = new SellersDatabase(host.DataFolder);
        host.Output.ShouldContain("line 6");
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitUntilLiveAsync();
        var names = database.Query("SELECT display_name FROM sellers ORDER BY normalized_name, id DESC");
        await app.WaitForCountAsync(names.Count);

        foreach (var text in (string[])["КНИГ", "ラーメン", "متجر", "ﾗｰﾒﾝ", "ＳＨＯＰ", "straße"])
        {
            var found = database.Query("SELECT display_name FROM sellers WHERE instr(normalized_name, $text) > 0 ORDER BY id DESC", ("$text", Collection.Sync.Abstractions.TextFolding.Fold(text)));
            found.Count.ShouldBeGreaterThan(0, text);
            await app.SearchForAsync(text, found.Count);
            (await app.NameAsync(0)).ShouldBe((string)found[0][0]!);
        }

        await app.SearchForAsync("", names.Count);
        await app.SortByAsync("Name");
        for (var position = 0; position < names.Count; position++)
            (await app.NameAsync(position)).ShouldBe((string)names[position][0]!);
    }
}
