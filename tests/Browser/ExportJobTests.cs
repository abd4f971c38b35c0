using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Files that the server writes, on the sample's page.</summary>
public sealed class ExportJobTests(Chromium chromium) : ChromiumTest(chromium)
{
    [Fact]
    public async Task A_file_is_written_while_the_page_is_loaded_again_and_has_every_seller()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "50000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitForSomeRowsAsync();
        var files = app.Page.GetByRole(AriaRole.Region, new() { Name = "Files from the server" });
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Files" }).ClickAsync();
        await Assertions.Expect(files).ToContainTextAsync("There is no file yet.");

        await files.GetByRole(AriaRole.Button, new() { Name = "Have it written" }).ClickAsync();
        await Assertions.Expect(files.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(1);
        await app.Page.ReloadAsync();
        await app.Page.GetByRole(AriaRole.Button, new() { Name = "Files" }).ClickAsync();
        var link = files.GetByRole(AriaRole.Link, new() { Name = "Download" });
        await link.WaitForAsync();
        var download = await app.Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());

        download.SuggestedFilename.ShouldBe("sellers.csv");
        var database = new SellersDatabase(host.DataFolder);
        (await File.ReadAllBytesAsync(await download.PathAsync())).AsSpan().SequenceEqual(CsvOracle.Write(database, "id DESC")).ShouldBeTrue();
        await Assertions.Expect(files).ToContainTextAsync("50,000 rows");
        app.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_large_the_page_offers_to_have_written_by_the_server()
    {
        await using var host = await HostProcess.StartAsync(["--sellers", "2000", "--Exports:OfferFrom", "1000"]);
        var app = await SellersApp.OpenAsync(await NewProfileAsync(host));
        await app.WaitForCountAsync(2000);
        var files = app.Page.GetByRole(AriaRole.Region, new() { Name = "Files from the server" });
        var offer = app.ExportMenu.GetByRole(AriaRole.Button, new() { Name = "Have the server write it" });

        const string few = "instr(normalized_name, 'shop') > 0", many = "instr(normalized_name, 'e') > 0";
        var database = new SellersDatabase(host.DataFolder);
        await app.SearchForAsync("shop", database.Count(few));
        await app.ChooseExportAsync("JSON", "All 2,000");
        await Assertions.Expect(offer).ToBeVisibleAsync();
        await app.ChooseExportAsync("JSON", "matching");
        await Assertions.Expect(offer).ToHaveCountAsync(0);
        await app.Page.Keyboard.PressAsync("Escape");

        await app.SearchForAsync("e", database.Count(many));
        await app.SortByAsync("Name");
        await app.ChooseExportAsync("Names", "matching");
        await Assertions.Expect(offer).ToHaveCountAsync(0);
        await app.ChooseExportAsync("JSON");
        await offer.ClickAsync();
        await Assertions.Expect(app.ExportMenu).ToHaveCountAsync(0);
        await Assertions.Expect(files.GetByRole(AriaRole.Listitem)).ToContainTextAsync("JSON, search: e");
        var download = await app.Page.RunAndWaitForDownloadAsync(() => files.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        (await File.ReadAllBytesAsync(await download.PathAsync())).AsSpan().SequenceEqual(JsonOracle.WriteArray(database, "normalized_name, id DESC", many)).ShouldBeTrue();
        app.Complaints.ShouldBeEmpty();

        await host.KillAsync();
        await app.ChooseExportAsync("JSON", "matching");
        await offer.ClickAsync();
        await Assertions.Expect(app.ExportMenu.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server cannot be reached. Check the network and try again.");
    }
}
