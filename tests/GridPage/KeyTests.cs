using Microsoft.Playwright;

namespace Collection.GridPage.Tests;

public sealed class KeyTests(GridPageHost host) : IClassFixture<GridPageHost>
{
    [Fact]
    public async Task Tab_arrows_pages_and_ends_reach_every_cell()
    {
        var page = await host.OpenAsync(100_000);

        await page.Grid.Locator(".rows [tabindex='0']").FocusAsync();
        await Assertions.Expect(page.Cell(0, 0)).ToBeFocusedAsync();
        await page.PressAsync("ArrowDown", "ArrowDown", "ArrowRight");
        await Assertions.Expect(page.Cell(2, 1)).ToBeFocusedAsync();
        await page.PressAsync("End");
        await Assertions.Expect(page.Cell(2, 5)).ToBeFocusedAsync();
        await page.PressAsync("Home", "ArrowLeft", "ArrowUp");
        await Assertions.Expect(page.Cell(1, 0)).ToBeFocusedAsync();
        for (var i = 0; i < 20; i++)
            await page.PressAsync("PageDown");
        await page.SettledAsync();
        var row = await FocusedAsync(page);
        row.ShouldBeGreaterThan(200);
        await page.PressAsync("PageUp", "ArrowUp");
        await Assertions.Expect(page.Grid.Locator(":focus")).ToBeInViewportAsync();
        (await FocusedAsync(page)).ShouldBeLessThan(row);
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Focus_waits_in_the_grid_while_its_row_is_scrolled_away_and_an_arrow_brings_it_back()
    {
        var page = await host.OpenAsync(100_000);
        await page.Cell(4, 1).ClickAsync();
        await page.ScrollToAsync(500_000);
        await page.Row(13_890).WaitForAsync();
        await Assertions.Expect(page.Grid).ToBeFocusedAsync();

        await page.PressAsync("ArrowDown");

        await Assertions.Expect(page.Cell(5, 1)).ToBeFocusedAsync();
        await Assertions.Expect(page.Cell(5, 1)).ToBeInViewportAsync();
    }

    [Fact]
    public async Task Focus_goes_along_with_its_row_while_others_come_in_above()
    {
        var page = await host.OpenAsync(10_000);
        await page.Cell(3, 2).ClickAsync();

        for (var i = 1; i <= 5; i++)
        {
            await page.InvokeAsync(rows => rows.Arrive(3));
            await Assertions.Expect(page.Cell(3 + (3 * i), 2)).ToHaveTextAsync("Row 3");
            await Assertions.Expect(page.Cell(3 + (3 * i), 2)).ToBeFocusedAsync();
        }
    }

    [Fact]
    public async Task Enter_goes_into_a_cell_and_Escape_comes_out_of_it()
    {
        var page = await host.OpenAsync(100);
        await page.Cell(1, 4).ClickAsync();
        await page.PressAsync("ArrowRight");
        await Assertions.Expect(page.Cell(1, 5)).ToBeFocusedAsync();
        await page.PressAsync("Enter");
        await Assertions.Expect(page.Cell(1, 5).GetByRole(AriaRole.Button)).ToBeFocusedAsync();

        await page.PressAsync("Enter", "Escape");

        await Assertions.Expect(page.Cell(1, 5)).ToBeFocusedAsync();
        page.Rows.Acted.ShouldBe([1]);
    }

    [Fact]
    public async Task Arrows_follow_the_eye_where_text_runs_from_right_to_left()
    {
        var page = await host.OpenAsync(100, "&dir=rtl");
        await page.Cell(1, 2).ClickAsync();

        await page.PressAsync("ArrowLeft");

        await Assertions.Expect(page.Cell(1, 3)).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Badge_says_how_many_rows_came_in_above_and_goes_there()
    {
        var page = await host.OpenAsync(10_000);
        await page.ScrollToAsync(9_000);
        await page.Row(255).WaitForAsync();

        await page.InvokeAsync(rows => rows.Arrive(12));
        await page.Tab.GetByRole(AriaRole.Button, new() { Name = "12 new above" }).ClickAsync();

        await Assertions.Expect(page.Cell(0, 2)).ToHaveTextAsync("Row -12");
        await Assertions.Expect(page.Row(0)).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("arrival"));
        await Assertions.Expect(page.Tab.Locator(".arrived")).ToHaveCountAsync(0);
    }

    private static async Task<int> FocusedAsync(GridPage page) =>
        await page.Grid.EvaluateAsync<int>("grid => Number(grid.querySelector(':focus').closest('[role=row]').getAttribute('aria-rowindex')) - 2");
}
