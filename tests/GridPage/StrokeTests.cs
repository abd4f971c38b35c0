using Collection.Sync.Abstractions;
using Microsoft.Playwright;

namespace Collection.GridPage.Tests;

public sealed class StrokeTests(GridPageHost host) : IClassFixture<GridPageHost>
{
    private const int Select = 0;
    private const int Name = 2;
    private const int Painted = 4;

    [Fact]
    public async Task A_drag_over_cells_is_one_stroke_of_the_rows_it_covers()
    {
        var page = await host.OpenAsync(1_000);

        await DragAsync(page, 3, 8, Painted);

        await Assertions.Expect(page.Cell(8, Painted)).ToHaveTextAsync("✓");
        await Assertions.Expect(page.Cell(9, Painted)).ToHaveTextAsync("");
        var stroke = page.Rows.Strokes.ShouldHaveSingleItem();
        stroke.Value.ShouldBeTrue();
        stroke.Rows.Select(row => row.Number).ShouldBe([3, 4, 5, 6, 7, 8]);
        await Assertions.Expect(page.Tab.Locator("[data-stroke]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_stroke_from_a_painted_row_upwards_takes_the_value_away()
    {
        var page = await host.OpenAsync(1_000);
        await DragAsync(page, 3, 8, Painted);
        await Assertions.Expect(page.Cell(8, Painted)).ToHaveTextAsync("✓");

        await DragAsync(page, 6, 2, Painted);

        await Assertions.Expect(page.Cell(6, Painted)).ToHaveTextAsync("");
        page.Rows.Strokes[1].Value.ShouldBeFalse();
        page.Rows.Strokes[1].Rows.Select(row => row.Number).ShouldBe([6, 5, 4, 3, 2]);
    }

    [Fact]
    public async Task A_stroke_beyond_the_edge_covers_no_row_that_is_not_on_screen()
    {
        var page = await host.OpenAsync(1_000);
        var box = (await page.Cell(5, Painted).BoundingBoxAsync())!;

        await page.Tab.Mouse.MoveAsync(box.X + 10, box.Y + 10);
        await page.Tab.Mouse.DownAsync();
        await page.Tab.Mouse.MoveAsync(box.X + 10, 5_000, new() { Steps = 5 });
        await page.Tab.Mouse.UpAsync();

        await Assertions.Expect(page.Cell(10, Painted)).ToHaveTextAsync("✓");
        var last = page.Rows.Strokes.ShouldHaveSingleItem().Rows[^1].Number;
        await Assertions.Expect(page.Row((int)last)).ToBeInViewportAsync();
        await Assertions.Expect(page.Row((int)last + 1)).Not.ToBeInViewportAsync();
    }

    [Fact]
    public async Task Escape_gives_a_stroke_up()
    {
        var page = await host.OpenAsync(1_000);
        var box = (await page.Cell(5, Painted).BoundingBoxAsync())!;
        await page.Tab.Mouse.MoveAsync(box.X + 10, box.Y + 10);
        await page.Tab.Mouse.DownAsync();
        await Assertions.Expect(page.Tab.Locator("[data-stroke]")).ToHaveCountAsync(1);

        await page.PressAsync("Escape");
        await page.Tab.Mouse.UpAsync();

        await Assertions.Expect(page.Tab.Locator("[data-stroke]")).ToHaveCountAsync(0);
        await page.PressAsync("ArrowDown");
        await Assertions.Expect(page.Cell(6, Painted)).ToBeFocusedAsync();
        page.Rows.Strokes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Shift_and_arrows_and_Space_are_one_stroke()
    {
        var page = await host.OpenAsync(1_000);
        await page.Cell(2, Painted - 1).ClickAsync();

        await page.PressAsync("ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown", "Space");

        await Assertions.Expect(page.Cell(5, Painted)).ToHaveTextAsync("✓");
        page.Rows.Strokes.ShouldHaveSingleItem().Rows.Select(row => row.Number).ShouldBe([2, 3, 4, 5]);
    }

    [Fact]
    public async Task Finger_scrolls_at_once_and_paints_after_a_moment()
    {
        var page = await host.OpenAsync(1_000, options: new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 700, Height = 600 }, HasTouch = true });
        var box = (await page.Cell(5, Painted).BoundingBoxAsync())!;
        var session = await page.Tab.Context.NewCDPSessionAsync(page.Tab);
        async Task TouchAsync(string type, float y) => await session.SendAsync("Input.dispatchTouchEvent", new()
        {
            ["type"] = type,
            ["touchPoints"] = type == "touchEnd" ? Array.Empty<object>() : new object[] { new { x = box.X + 10, y } },
        });

        await TouchAsync("touchStart", box.Y + 10);
        await Assertions.Expect(page.Tab.Locator("[data-stroke]")).ToHaveCountAsync(1);
        for (var step = 1; step <= 6; step++)
            await TouchAsync("touchMove", box.Y + 10 + (step * 12));
        await TouchAsync("touchEnd", 0);
        await Assertions.Expect(page.Cell(7, Painted)).ToHaveTextAsync("✓");
        page.Rows.Strokes.ShouldHaveSingleItem().Rows.Count.ShouldBe(3);

        await TouchAsync("touchStart", box.Y + 10);
        for (var step = 1; step <= 12; step++)
            await TouchAsync("touchMove", box.Y + 10 - (step * 12));
        await TouchAsync("touchEnd", 0);
        await page.SettledAsync();
        (await page.Grid.EvaluateAsync<double>("grid => grid.scrollTop")).ShouldBeGreaterThan(50);
        page.Rows.Strokes.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Rows_are_selected_by_a_click_a_drag_and_the_keyboard_and_Escape_selects_none()
    {
        var page = await host.OpenAsync(1_000);

        await page.Cell(1, Select).ClickAsync();
        await DragAsync(page, 4, 6, Select);
        await page.Cell(9, Name).ClickAsync();
        await page.PressAsync("Space");

        await Assertions.Expect(page.Grid.Locator("[aria-selected=true]")).ToHaveCountAsync(5);
        ((long[])[1, 4, 5, 6, 9]).ShouldAllBe(number => page.Rows.Selection.Contains(new RowKey(number), null));

        await page.PressAsync("Control+a");
        await Assertions.Expect(page.Grid.Locator("[aria-selected=false]")).ToHaveCountAsync(0);
        await page.PressAsync("Escape");
        await Assertions.Expect(page.Grid.Locator("[aria-selected=true]")).ToHaveCountAsync(0);
        page.Complaints.ShouldBeEmpty();
    }

    private static async Task DragAsync(GridPage page, int from, int to, int column)
    {
        var (start, end) = ((await page.Cell(from, column).BoundingBoxAsync())!, (await page.Cell(to, column).BoundingBoxAsync())!);
        await page.Tab.Mouse.MoveAsync(start.X + 10, start.Y + 10);
        await page.Tab.Mouse.DownAsync();
        await page.Tab.Mouse.MoveAsync(end.X + 10, end.Y + 10, new() { Steps = 8 });
        await page.Tab.Mouse.UpAsync();
    }
}
