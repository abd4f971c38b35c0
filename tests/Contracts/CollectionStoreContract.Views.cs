using Collection.Sync.Abstractions;

namespace Collection.Contracts;

// Views: which rows a query holds, in which order, and that an open view stands still.
public abstract partial class CollectionStoreContract
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task View_WithoutSort_IsInKeyOrder()
    {
        var ascending = await OpenAsync();
        var descending = await OpenAsync(NewestFirst);
        await ApplyAllAsync(ascending, Page().Thing(5, 1).Thing(-7, 2).Thing(RowKey.MaxMagnitude, 3).Thing(0, 4));
        await ApplyAllAsync(descending, new ThingPage(NewestFirst).Thing(5, 1).Thing(-7, 2).Thing(RowKey.MaxMagnitude, 3).Thing(0, 4));

        (await KeysAsync(ascending, ViewQuery.All)).ShouldBe([-7, 0, 5, RowKey.MaxMagnitude]);
        (await KeysAsync(descending, ViewQuery.All)).ShouldBe([RowKey.MaxMagnitude, 5, 0, -7]);
    }

    [Theory]
    [InlineData("rank", "3 1 4 2", "2 4 1 3")]
    [InlineData("amount", "2 4 1 3", "3 1 4 2")]
    [InlineData("score", "3 4 2 1", "1 2 4 3")]
    [InlineData("active", "3 1 2 4", "2 4 1 3")]
    [InlineData("seen_at", "4 2 3 1", "1 3 2 4")]
    [InlineData("label", "3 2 1 4", "4 1 2 3")]
    [InlineData("id", "1 2 3 4", "4 3 2 1")]
    public async Task View_SortedByOneField_HasMissingValuesFirstAscendingAndLastDescending(string field, string ascending, string descending)
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), rank: -5, amount: 70, score: 1e300, active: false, seenAt: Noon.AddYears(50), label: "B")
            .Thing(2, new RowVersion(0, 2), rank: int.MaxValue, amount: -RowKey.MaxMagnitude, score: -0.5, active: true, seenAt: Noon.AddMicroseconds(-1), label: "a")
            .Thing(3, new RowVersion(0, 3), rank: null, amount: 1L << 40, score: null, active: null, seenAt: Noon, label: null)
            .Thing(4, new RowVersion(0, 4), rank: 9, amount: 0, score: double.NegativeInfinity, active: true, seenAt: null, label: "ä"));

        (await KeysAsync(store, SortedBy((field, SortDirection.Ascending)))).ShouldBe(Keys(ascending));
        (await KeysAsync(store, SortedBy((field, SortDirection.Descending)))).ShouldBe(Keys(descending));
    }

    [Fact]
    public async Task View_OfTies_IsInKeyOrderWhateverTheDirection()
    {
        var ascending = await OpenAsync();
        var descending = await OpenAsync(NewestFirst);
        await ApplyAllAsync(ascending, Page().Thing(3, 1, "x").Thing(1, 2, "X").Thing(2, 3, "ｘ"));
        await ApplyAllAsync(descending, new ThingPage(NewestFirst).Thing(3, 1, "x").Thing(1, 2, "X").Thing(2, 3, "ｘ"));

        foreach (var direction in new[] { SortDirection.Ascending, SortDirection.Descending })
        {
            (await KeysAsync(ascending, SortedBy(("name", direction)))).ShouldBe([1, 2, 3]);
            (await KeysAsync(descending, SortedBy(("name", direction)))).ShouldBe([3, 2, 1]);
        }
    }

    [Fact]
    public async Task View_SortedByTwoFields_UsesTheSecondForTiesOfTheFirst()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), "b", rank: 1)
            .Thing(2, new RowVersion(0, 2), "a", rank: 2)
            .Thing(3, new RowVersion(0, 3), "B", rank: 2)
            .Thing(4, new RowVersion(0, 4), "A", rank: null)
            .Thing(5, new RowVersion(0, 5), "b", rank: 2));

        (await KeysAsync(store, SortedBy(("name", SortDirection.Descending), ("rank", SortDirection.Ascending)))).ShouldBe([1, 3, 5, 4, 2]);
        (await KeysAsync(store, SortedBy(("rank", SortDirection.Descending), ("name", SortDirection.Ascending)))).ShouldBe([2, 3, 5, 1, 4]);
    }

    [Fact]
    public async Task View_SortedByText_IsInCodePointOrderOfFoldedText()
    {
        // In UTF-16 order, the astral letters would stand before U+FFxx and U+E000; folding turns Ａ into a.
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, 1, "\U0001f600").Thing(2, 2, "\ufffd").Thing(3, 3, "\ue000").Thing(4, 4, "Zebra").Thing(5, 5, "apple")
            .Thing(6, 6, "Ａpple pie").Thing(7, 7, "").Thing(8, 8, "Ä").Thing(9, 9, "東京").Thing(10, 10, "\U00010400").Thing(11, 11, "App"));

        (await KeysAsync(store, SortedBy(("name", SortDirection.Ascending)))).ShouldBe([7, 11, 5, 6, 4, 8, 9, 3, 2, 10, 1]);
    }

    [Fact]
    public async Task View_Searched_HoldsRowsWithTheFoldedTextInAnySearchableField()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), "Straße 12")
            .Thing(2, new RowVersion(0, 2), "other", label: "an der STRAẞE")
            .Thing(3, new RowVersion(0, 3), "ΣΊΣΥΦΟΣ", label: null, memo: "straße")
            .Thing(4, new RowVersion(0, 4), "stra", label: "ße")
            .Thing(5, new RowVersion(0, 5), "\U0001f600 toys", label: ""));

        (await KeysAsync(store, Searched("straße"))).ShouldBe([1, 2]);
        (await KeysAsync(store, Searched("ＳＴＲＡ"))).ShouldBe([1, 2, 4]);
        (await KeysAsync(store, Searched("σίσυφος"))).ShouldBe([3]);
        (await KeysAsync(store, Searched("\U0001f600"))).ShouldBe([5]);
        (await KeysAsync(store, Searched(""))).ShouldBe([1, 2, 3, 4, 5]);
        (await KeysAsync(store, Searched("nowhere"))).ShouldBeEmpty();
        (await KeysAsync(store, Searched("12other"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task View_Filtered_HoldsRowsThatEqualTheValue()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), "Etsy", label: "", rank: 0, amount: 1L << 50, score: 0.1, active: false, seenAt: Noon)
            .Thing(2, new RowVersion(0, 2), "ETSY", label: null, rank: null, amount: 2, score: null, active: null, seenAt: null)
            .Thing(3, new RowVersion(0, 3), "Etsy shop", label: "x", rank: 3, amount: 2, score: 0.2, active: true, seenAt: Noon.AddMicroseconds(1)));

        (await KeysAsync(store, Where("name", "etsY"))).ShouldBe([1, 2]);
        (await KeysAsync(store, Where("label", null))).ShouldBe([2]);
        (await KeysAsync(store, Where("label", ""))).ShouldBe([1]);
        (await KeysAsync(store, Where("rank", 0))).ShouldBe([1]);
        (await KeysAsync(store, Where("rank", null))).ShouldBe([2]);
        (await KeysAsync(store, Where("amount", 1L << 50))).ShouldBe([1]);
        (await KeysAsync(store, Where("score", 0.2))).ShouldBe([3]);
        (await KeysAsync(store, Where("score", null))).ShouldBe([2]);
        (await KeysAsync(store, Where("active", false))).ShouldBe([1]);
        (await KeysAsync(store, Where("active", null))).ShouldBe([2]);
        (await KeysAsync(store, Where("seen_at", Noon.ToOffset(TimeSpan.FromHours(2))))).ShouldBe([1]);
        (await KeysAsync(store, Where("id", 3L))).ShouldBe([3]);
        (await KeysAsync(store, Where("name", "nobody"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task View_SearchedFilteredAndSorted_DoesAllOfIt()
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 0; i < 100; i++)
            page.Thing(i, new RowVersion(0, i), $"thing {i}", rank: i % 7, active: i % 2 == 0);
        await ApplyAllAsync(store, page);

        var keys = await KeysAsync(store, ViewQuery.All with
        {
            Search = "ING 3",
            Filters = [new EqualFilter("active", true), new EqualFilter("rank", 1)],
            Sort = [new("amount"), new("id", SortDirection.Descending)],
        });

        keys.ShouldBe([36]);
        (await KeysAsync(store, ViewQuery.All with { Search = "ING 3", Filters = [new EqualFilter("active", true)], Sort = [new("rank"), new("id", SortDirection.Descending)] }))
            .ShouldBe([36, 30, 38, 32, 34]);
    }

    [Fact]
    public async Task View_ByAFieldThatIsNotIndexedOrUnknown_IsRefused()
    {
        var store = await OpenAsync();

        foreach (var query in new[] { Where("memo", "x"), Where("nothing", 1), SortedBy(("memo", SortDirection.Ascending)), SortedBy(("nothing", SortDirection.Ascending)) })
            await Should.ThrowAsync<ArgumentException>(async () => await store.OpenViewAsync(query, new RowRange(0, 1), default));
    }

    [Theory]
    [InlineData(0, 3, "0 1 2")]
    [InlineData(4, 2, "4 5")]
    [InlineData(8, 5, "8 9")]
    [InlineData(10, 5, "")]
    [InlineData(1000, 5, "")]
    [InlineData(3, 0, "")]
    public async Task View_Window_HasTheRowsOfItsRangeAndFewerPastTheEnd(int start, int count, string expected)
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 9; i >= 0; i--)
            page.Thing(i, i);
        await ApplyAllAsync(store, page);

        var (view, window) = await store.OpenViewAsync(ViewQuery.All, new RowRange(start, count), default);
        await using (view)
        {
            view.Count.ShouldBe(10);
            Decode(window).Select(row => row.Key).ShouldBe(Keys(expected));
            Decode(await view.ReadAsync(new RowRange(start, count), default)).Select(row => row.Key).ShouldBe(Keys(expected));
        }
    }

    [Fact]
    public async Task OpenView_StandsStillWhileTheStoreChanges()
    {
        var store = await OpenAsync();
        var page = Page();
        for (var i = 0; i < 300; i++)
            page.Thing(i, i, $"before {i}");
        await ApplyAllAsync(store, page);
        var (view, _) = await store.OpenViewAsync(ViewQuery.All, new RowRange(0, 1), default);
        await using var opened = view;

        await ApplyNextAsync(store, Page().Thing(5, 900, "after").Thing(1000, 901, "after").Delete(6, new(0, 902)));

        view.Count.ShouldBe(300);
        view.Revision.ShouldNotBe(store.Status.Revision);
        Decode(await view.ReadAsync(new RowRange(0, 300), default)).ShouldBe(Enumerable.Range(0, 300).Select(i => ((long)i, $"before {i}")));
        (await RowsAsync(store, ViewQuery.All))[5].ShouldBe((5, "after"));
        store.Status.RowCount.ShouldBe(300);
    }

    [Fact]
    public async Task View_AfterChanges_IsInOrderAgain()
    {
        var store = await OpenAsync();
        var sorted = SortedBy(("name", SortDirection.Ascending));
        await ApplyAllAsync(store, Page().Thing(1, 1, "b").Thing(2, 2, "d").Thing(3, 3, "f"));
        (await KeysAsync(store, sorted)).ShouldBe([1, 2, 3]);

        await ApplyNextAsync(store, Page().Thing(1, 4, "e").Thing(4, 5, "a").Delete(3, new(0, 6)));

        (await KeysAsync(store, sorted)).ShouldBe([4, 2, 1]);
    }

    [Fact]
    public async Task View_TellsTheRevisionThatItShows()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page().Thing(1, 1));

        var (view, _) = await store.OpenViewAsync(ViewQuery.All, default, default);
        await using (view)
            view.Revision.ShouldBe(store.Status.Revision);
    }

    [Fact]
    public async Task ReadValues_GivesDifferentFoldedValuesInOrder()
    {
        var store = await OpenAsync();
        await ApplyAllAsync(store, Page()
            .Thing(1, new RowVersion(0, 1), label: "Etsy").Thing(2, new RowVersion(0, 2), label: "ETSY").Thing(3, new RowVersion(0, 3), label: null)
            .Thing(4, new RowVersion(0, 4), label: "\U0001f600").Thing(5, new RowVersion(0, 5), label: "\uff5e").Thing(6, new RowVersion(0, 6), label: "").Thing(7, new RowVersion(0, 7), label: "gone"));
        await ApplyNextAsync(store, Page().Delete(7, new(0, 8)));

        (await store.ReadValuesAsync("label", 10, default)).ShouldBe(["", "etsy", "~", "\U0001f600"]);
        (await store.ReadValuesAsync("label", 2, default)).ShouldBe(["", "etsy"]);
        await Should.ThrowAsync<ArgumentException>(async () => await store.ReadValuesAsync("memo", 10, default));
    }

    private static ViewQuery SortedBy(params (string Field, SortDirection Direction)[] sort) =>
        ViewQuery.All with { Sort = [.. sort.Select(s => new FieldSort(s.Field, s.Direction))] };

    private static ViewQuery Searched(string text) => ViewQuery.All with { Search = text };

    private static ViewQuery Where(string field, object? value) => ViewQuery.All with { Filters = [new EqualFilter(field, value)] };

    private static IEnumerable<long> Keys(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse);
}
