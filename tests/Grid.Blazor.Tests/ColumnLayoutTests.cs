using Collection.Grid.Blazor;

namespace Collection.Grid.Blazor.Tests;

public sealed class ColumnLayoutTests
{
    private readonly ColumnLayout<string> _layout = LayoutOf("name", "platform", "seen", "rating");

    [Fact]
    public void Columns_stand_as_they_are_declared()
    {
        Ids().ShouldBe("name platform seen rating");
        _layout.Tracks.ShouldBe("10rem 10rem 10rem 10rem");
        _layout.Columns.Select(column => column.Index).ShouldBe([1, 2, 3, 4]);
        _layout.Save().ShouldBeNull();
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused() =>
        Should.Throw<InvalidOperationException>(() => _layout.Declare(Column("seen"))).Message.ShouldContain("'seen'");

    [Theory]
    [InlineData("name", 0, "name platform seen rating")]
    [InlineData("name", 1, "platform name seen rating")]
    [InlineData("name", 99, "platform seen rating name")]
    [InlineData("rating", -1, "rating name platform seen")]
    [InlineData("seen", 1, "name seen platform rating")]
    public void Move_gives_a_column_the_place(string id, int to, string expected)
    {
        _layout.Move(Find(id), to);

        Ids().ShouldBe(expected);
    }

    [Fact]
    public void Move_among_hidden_columns_counts_those_that_are_shown()
    {
        _layout.Hide(Find("platform"));

        _layout.Move(Find("rating"), 1);

        string.Join(' ', _layout.Visible.Select(column => column.Id)).ShouldBe("name rating seen");
        _layout.Show(Find("platform"));
        Ids().ShouldBe("name platform rating seen");
    }

    [Fact]
    public void Moved_there_and_back_the_layout_is_the_declared_one()
    {
        _layout.Move(Find("name"), 2);
        _layout.IsDefault.ShouldBeFalse();

        _layout.Move(Find("name"), 0);

        _layout.IsDefault.ShouldBeTrue();
    }

    [Theory]
    [InlineData(200.126, "200.13px")]
    [InlineData(1, "48px")]
    [InlineData(1e9, "4000px")]
    public void Resize_keeps_within_bounds(double width, string track)
    {
        _layout.Resize(Find("seen"), width);

        _layout.Tracks.ShouldBe($"10rem 10rem {track} 10rem");
        _layout.ResetWidth(Find("seen"));
        _layout.IsDefault.ShouldBeTrue();
    }

    [Fact]
    public void The_last_column_cannot_be_hidden()
    {
        foreach (var id in (string[])["name", "platform", "seen"])
            _layout.Hide(Find(id)).ShouldBeTrue();

        _layout.Hide(Find("rating")).ShouldBeFalse();

        _layout.Visible.ShouldHaveSingleItem().Id.ShouldBe("rating");
        _layout.Reset();
        _layout.Visible.Count.ShouldBe(4);
    }

    [Fact]
    public void What_is_saved_comes_back()
    {
        _layout.Move(Find("rating"), 0);
        _layout.Resize(Find("name"), 321.5);
        _layout.Hide(Find("seen"));
        var other = LayoutOf("name", "platform", "seen", "rating");

        other.Restore(KeptState.Read(new KeptState { Columns = _layout.Save() }.Write())!.Columns!);

        Ids(other).ShouldBe("rating name platform seen");
        other.Tracks.ShouldBe("10rem 321.5px 10rem");
        other.Visible.ShouldNotContain(column => column.Id == "seen");
    }

    [Fact]
    public void Columns_that_are_gone_are_passed_over_and_new_ones_stand_where_they_are_declared()
    {
        _layout.Move(Find("rating"), 0);
        var kept = _layout.Save()!;
        var later = LayoutOf("first", "name", "country", "seen", "rating", "last");

        later.Restore(kept);

        Ids(later).ShouldBe("first rating last name country seen");
    }

    [Fact]
    public void Where_everything_is_kept_as_hidden_everything_is_shown()
    {
        _layout.Restore([.. _layout.Columns.Select(column => new KeptColumn(column.Id) { IsHidden = true })]);

        _layout.Visible.Count.ShouldBe(4);
    }

    [Fact]
    public void Nonsense_is_put_right()
    {
        _layout.Restore([new("seen") { Width = double.NaN }, new("seen") { IsHidden = true }, new("name") { Width = -5 }]);

        _layout.Tracks.ShouldBe("10rem 10rem 48px 10rem");
        Ids().ShouldBe("seen rating name platform");
    }

    private static ColumnLayout<string> LayoutOf(params string[] ids)
    {
        var layout = new ColumnLayout<string>();
        foreach (var id in ids)
            layout.Declare(Column(id));
        return layout;
    }

    private static GridColumn<string> Column(string id) => new() { Title = id, Width = "10rem" };

    private GridColumn<string> Find(string id) => _layout.Columns.Single(column => column.Id == id);

    private string Ids() => Ids(_layout);

    private static string Ids(ColumnLayout<string> layout) => string.Join(' ', layout.Columns.Select(column => column.Id));
}
