using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>Files that the server writes, on the sample's page.</summary>
public sealed class ExportJobTests : ChromiumTest
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
}
