using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class SelectionTests : SelectionTest
{
    // In milliseconds.
    private const int Turn = 1;
    private const int Interval = 250;

    private int _changes;

    private RowSelection Selection { get; set; } = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Selection = new RowSelection(Store, Time);
        Selection.Changed += () => _changes++;
    }

    public override async Task DisposeAsync()
    {
        await Selection.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Rows_are_ticked_and_unticked_one_by_one()
    {
        await FillAsync(30);
        Selection.IsEmpty.ShouldBeTrue();
        Selection.Count.ShouldBe(0);

        Selection.Set(3, true);
        Selection.Toggle(5);
        Selection.Toggle(7);
        Selection.Toggle(7);

        Selection.Count.ShouldBe(2);
        Selection.IsEmpty.ShouldBeFalse();
        new long[] { 3, 5, 7 }.Select(key => Selection.Contains(key)).ShouldBe([true, true, false]);
        (await SelectedAsync()).ShouldBe([3, 5]);

        Selection.Clear();
        Selection.Count.ShouldBe(0);
        (await SelectedAsync()).ShouldBeEmpty();
        _changes.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task Everything_that_a_query_finds_is_selected_but_for_exceptions()
    {
        await FillAsync(30);

        Selection.SelectAll(OfRank(1));
        Selection.Count.ShouldBe(10);
        Selection.Set(12, false);
        Selection.Set(13, false);
        Selection.Set(15, false);

        Selection.Count.ShouldBe(7);
        (await SelectedAsync()).ShouldBe([10, 11, 14, 16, 17, 18, 19]);
        Selection.Contains(12).ShouldBeFalse();
    }

    [Fact]
    public async Task A_row_of_another_query_is_selected_besides_all_rows_of_a_search()
    {
        await FillAsync(30);

        Selection.SelectAll(new ViewQuery { Search = "PERSON 1", Filters = [new EqualFilter("rank", 1)] });
        Selection.Set(25, true);
        Selection.Set(11, false);
        Time.Advance(Interval);

        Selection.Count.ShouldBe(10);
        (await SelectedAsync()).ShouldBe([10, 12, 13, 14, 15, 16, 17, 18, 19, 25]);
    }

    [Fact]
    public async Task Contains_OfAnotherQuery_IsKnownATurnLater()
    {
        await FillAsync(30);
        Selection.SelectAll(OfRank(1));
        _changes = 0;

        Selection.Contains(11, ViewQuery.All).ShouldBeFalse();
        Selection.Contains(21, ViewQuery.All).ShouldBeFalse();
        _changes.ShouldBe(0);
        Time.Advance(Turn);

        _changes.ShouldBe(1);
        Selection.Contains(11, ViewQuery.All).ShouldBeTrue();
        Selection.Contains(21, ViewQuery.All).ShouldBeFalse();
        Time.Advance(Turn);
        _changes.ShouldBe(1);
    }

    [Fact]
    public async Task Contains_OfTheSameRowsInAnotherOrder_IsKnownAtOnce()
    {
        await FillAsync(30);
        Selection.SelectAll(OfRank(1));

        Selection.Contains(11, OfRank(1) with { Sort = [new FieldSort("name", SortDirection.Descending)] }).ShouldBeTrue();
        Selection.Toggle(11);

        Selection.Contains(11).ShouldBeFalse();
        Selection.Count.ShouldBe(9);
    }

    [Fact]
    public async Task Contains_OfARowThatHasLeftTheQuery_IsAskedAgain()
    {
        await FillAsync(30);
        Selection.SelectAll(OfRank(1));
        Selection.Contains(11, ViewQuery.All);
        Time.Advance(Turn);
        await PutAsync(11, "person 11", 2);

        Selection.Contains(11, ViewQuery.All).ShouldBeTrue("until it is known better");
        Time.Advance(Turn);

        Selection.Contains(11, ViewQuery.All).ShouldBeFalse();
    }

    [Fact]
    public async Task The_count_follows_the_store()
    {
        await FillAsync(30);
        Selection.Set(3, true);
        Selection.Set(4, true);
        Time.Advance(Interval);

        await DeleteAsync(3, 8);
        Time.Advance(Interval);
        Selection.Count.ShouldBe(1);
        (await SelectedAsync()).ShouldBe([4]);

        await PutAsync(3, "back again", 0);
        Time.Advance(Interval);
        Selection.Count.ShouldBe(2);

        Selection.SelectAll(OfRank(1));
        Time.Advance(Interval);
        Selection.Count.ShouldBe(10);
        await PutAsync(25, "person 25", 1);
        await PutAsync(10, "person 10", 0);
        await PutAsync(40, "new", 1);
        Time.Advance(Interval);
        Selection.Count.ShouldBe(11);
    }

    [Fact]
    public async Task Changes_in_quick_succession_are_counted_once_an_interval()
    {
        await FillAsync(30);
        Selection.SelectAll(ViewQuery.All);
        var openings = 0;
        Database.Before = (operation, _) =>
        {
            openings += operation.Name is "OpenView" or "ReopenView" ? 1 : 0;
            return ValueTask.CompletedTask;
        };

        for (var i = 0; i < 20; i++)
            await PutAsync(100 + i, "new", 9);
        openings.ShouldBe(0);
        Time.Advance(Interval);

        openings.ShouldBe(1);
        Selection.Count.ShouldBe(50);
    }

    [Theory]
    [InlineData(24, 12)]
    [InlineData(12, 24)]
    public async Task A_range_goes_from_one_row_to_another_in_the_order_of_the_query(long from, long to)
    {
        await FillAsync(30);
        Selection.Set(2, true);
        var query = new ViewQuery { Sort = [new FieldSort("rank", SortDirection.Descending)] };

        await Selection.SelectRangeAsync(query, from, to, isSelected: true, default);

        var keys = await KeysAsync(query);
        long[] expected = [.. keys[Math.Min(keys.IndexOf(from), keys.IndexOf(to))..(Math.Max(keys.IndexOf(from), keys.IndexOf(to)) + 1)], 2];
        (await SelectedAsync()).ShouldBe(expected.Order());
        Selection.Count.ShouldBe(expected.Length);
    }

    [Fact]
    public async Task SelectRange_FromARowThatHasGone_IsTheOtherOneAlone()
    {
        await FillAsync(30);

        await Selection.SelectRangeAsync(ViewQuery.All, 99, 5, isSelected: true, default);
        await Selection.SelectRangeAsync(ViewQuery.All, 5, 99, isSelected: true, default);

        (await SelectedAsync()).ShouldBe([5]);
    }

    [Fact]
    public async Task A_range_is_taken_out_of_all_rows()
    {
        await FillAsync(30);
        Selection.SelectAll(ViewQuery.All);

        await Selection.SelectRangeAsync(ViewQuery.All, 5, 28, isSelected: false, default);

        (await SelectedAsync()).ShouldBe([1, 2, 3, 4, 29, 30]);
        Time.Advance(Interval);
        Selection.Count.ShouldBe(6);
    }

    [Fact]
    public async Task More_rows_than_a_query_can_name_are_refused_and_nothing_changes()
    {
        await FillAsync(21);
        await using var selection = new RowSelection(Store, Time) { KeyLimit = 20 };
        var tooMany = () => selection.SelectRangeAsync(ViewQuery.All, 1, 21, isSelected: true, default);
        (await tooMany.ShouldThrowAsync<InvalidOperationException>()).Message.ShouldContain("select all");
        selection.IsEmpty.ShouldBeTrue();

        await selection.SelectRangeAsync(ViewQuery.All, 1, 20, isSelected: true, default);
        Should.Throw<InvalidOperationException>(() => selection.Set(21, true));
        selection.Set(1, true);

        selection.Count.ShouldBe(20);
        (await KeysAsync(selection.ToQuery([]))).ShouldBe(Enumerable.Range(1, 20).Select(key => (long)key));
        selection.SelectAll(ViewQuery.All);
        selection.Count.ShouldBe(21);
    }

    [Fact]
    public void The_query_of_the_largest_selection_can_be_asked()
    {
        var rows = new SelectedRows(Schema);
        rows.Clear(OfRank(1));
        for (var i = 0; i < RowSelection.MaxKeys; i++)
            rows.Set(2 * i, isSelected: false);
        rows.ToQuery([]).Check(Schema);

        rows.Set(0, isSelected: true);
        rows.ToQuery([]).Check(Schema);
    }

    [Fact]
    public async Task A_scope_stays_as_it_was_opened_in_the_order_that_was_asked_for()
    {
        await FillAsync(30);
        Selection.SelectAll(OfRank(2));
        Selection.Set(24, false);
        await using var scope = await Selection.OpenScopeAsync([new FieldSort("name", SortDirection.Descending)], default);

        Selection.Clear();
        await DeleteAsync(22, 23);

        scope.Count.ShouldBe(9);
        Keys(await scope.ReadAsync(new RowRange(0, 20), default)).ShouldBe([29, 28, 27, 26, 25, 23, 22, 21, 20]);
    }

    [Fact]
    public async Task A_store_that_fails_is_told_of_and_asked_again_after_the_next_change()
    {
        await FillAsync(30);
        Selection.Count.ShouldBe(0);
        Database.Before = (_, _) => throw new SyncStoreException(SyncStoreFailure.Failed, "Not now.");
        Selection.SelectAll(ViewQuery.All);
        Selection.Count.ShouldBeNull();
        Selection.Error.ShouldNotBeNull().Message.ShouldBe("Not now.");

        Database.Before = null;
        await PutAsync(31, "new", 3);

        Selection.Count.ShouldBe(31);
        Selection.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Keys_that_views_do_not_filter_by_are_refused()
    {
        var store = await Database.OpenAsync(new CollectionSchema("codes", [new("code", FieldKind.Text) { IsKey = true }]), default);
        Should.Throw<NotSupportedException>(() => new RowSelection(store)).Message.ShouldContain("codes");
    }

    [Fact]
    public async Task Dispose_EndsTheCounting()
    {
        await FillAsync(30);
        Selection.SelectAll(ViewQuery.All);
        await PutAsync(31, "new", 3);

        await Selection.DisposeAsync();

        Should.Throw<ObjectDisposedException>(() => Selection.Set(1, true));
        Selection.Count.ShouldBe(30);
    }

    private Task<long[]> SelectedAsync() => KeysAsync(Selection.ToQuery([]));
}
