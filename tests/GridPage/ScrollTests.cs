using Microsoft.Playwright;

namespace Collection.GridPage.Tests;

public sealed class ScrollTests(GridPageHost host) : IClassFixture<GridPageHost>
{
    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    [InlineData(10_000_000)]
    public async Task Very_last_row_is_reached_by_the_scrollbar_and_stands_at_the_edge(int rows)
    {
        var page = await host.OpenAsync(rows);

        await page.ScrollToAsync(1e9);

        await page.Row(rows - 1).WaitForAsync();
        (await page.BottomAsync(rows - 1)).ShouldBe(0, 1);
        (await page.Cell(rows - 1, 2).InnerTextAsync()).ShouldBe($"Row {rows - 1}");
        page.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(10_000_000)]
    public async Task Very_last_row_is_reached_by_the_keyboard_and_so_is_the_first_again(int rows)
    {
        var page = await host.OpenAsync(rows);
        await page.Cell(0, 1).ClickAsync();

        await page.PressAsync("Control+End");
        await Assertions.Expect(page.Cell(rows - 1, 5)).ToBeFocusedAsync();
        (await page.BottomAsync(rows - 1)).ShouldBe(0, 1);

        await page.PressAsync("Control+Home");
        await Assertions.Expect(page.Cell(0, 0)).ToBeFocusedAsync();
        (await page.TopAsync(0)).ShouldBe(0, 1);
        page.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Wheel_goes_from_near_the_end_to_the_very_last_row()
    {
        const int rows = 10_000_000;
        var page = await host.OpenAsync(rows);
        var end = await page.Grid.EvaluateAsync<double>("grid => grid.scrollHeight - grid.clientHeight");
        await page.ScrollToAsync(end - 3_000);
        await page.Row(rows - 90).WaitForAsync();
        await page.Grid.HoverAsync();

        for (var turn = 0; turn < 40; turn++)
            await page.Tab.Mouse.WheelAsync(0, 100);

        await page.Row(rows - 1).WaitForAsync();
        await Assertions.Expect(page.Row(rows - 1)).ToBeInViewportAsync(new() { Ratio = 0.97f });
    }

    [Fact]
    public async Task Wheel_moves_rows_by_its_own_distance_in_the_middle_of_ten_million()
    {
        var page = await host.OpenAsync(10_000_000);
        var end = await page.Grid.EvaluateAsync<double>("grid => grid.scrollHeight - grid.clientHeight");
        await page.ScrollToAsync(end / 2);
        await page.Row(5_000_000).WaitForAsync();
        var row = await page.FirstAsync() + 5;
        var before = await page.TopAsync(row);
        await page.Grid.HoverAsync();

        await page.Tab.Mouse.WheelAsync(0, 90);

        await page.Tab.WaitForFunctionAsync("row => row.getBoundingClientRect().top", await page.Row(row).ElementHandleAsync());
        await Assertions.Expect(page.Grid).ToBeVisibleAsync();
        await page.SettledAsync();
        (await page.TopAsync(row)).ShouldBe(before - 90, 1);
    }

    [Fact]
    public async Task Rows_stay_where_they_are_while_others_come_in_above()
    {
        var page = await host.OpenAsync(100_000);
        await page.ScrollToAsync(50_010);
        await page.Row(1_400).WaitForAsync();
        var before = await page.TopAsync(1_400);

        for (var arrived = 1; arrived <= 20; arrived++)
        {
            await page.InvokeAsync(rows => rows.Arrive(7));
            await Assertions.Expect(page.Cell(1_400 + (7 * arrived), 2)).ToHaveTextAsync("Row 1400");
            (await page.TopAsync(1_400 + (7 * arrived))).ShouldBe(before, 1);
        }
    }

    [Fact]
    public async Task Rows_that_come_in_are_shown_to_somebody_who_has_not_gone_anywhere()
    {
        var page = await host.OpenAsync(1_000);

        await page.InvokeAsync(rows => rows.Arrive(2));

        await Assertions.Expect(page.Cell(0, 2)).ToHaveTextAsync("Row -2");
        (await page.TopAsync(0)).ShouldBe(0, 1);
    }

    [Fact]
    public async Task Elements_are_used_again_for_other_rows_but_what_a_page_has_put_into_a_cell_is_not()
    {
        var page = await host.OpenAsync(100_000);
        await page.Row(3).EvaluateAsync("row => row.dataset.mark = 'row'");
        await page.Cell(3, 5).GetByRole(AriaRole.Button).EvaluateAsync("button => { button.dataset.mark = 'button'; button.focus(); }");

        await page.ScrollToAsync(500_000);
        await page.Row(13_890).WaitForAsync();
        await page.SettledAsync();

        await Assertions.Expect(page.Grid.Locator("[data-mark=row]")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Grid.Locator("[data-mark=button]")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Grid).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Rows_that_are_not_in_memory_have_placeholders_until_they_come()
    {
        var page = await host.OpenAsync(1_000);
        await page.InvokeAsync(rows => rows.Miss(100));
        await page.ScrollToAsync(3_600);
        await page.Tab.Locator(".skeleton").First.WaitForAsync();
        await Assertions.Expect(page.Row(105)).ToHaveCountAsync(0);

        await page.InvokeAsync(rows => rows.Miss(null));

        await page.Row(105).WaitForAsync();
        await Assertions.Expect(page.Row(105)).ToHaveClassAsync("row");
        await Assertions.Expect(page.Tab.Locator(".skeleton")).ToHaveCountAsync(0);
    }
}
