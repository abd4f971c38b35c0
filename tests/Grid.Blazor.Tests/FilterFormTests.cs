using System.Globalization;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Blazor.Tests;

public sealed class FilterFormTests : IDisposable
{
    // An hour ahead of UTC in winter, two in summer.
    private static readonly TimeZoneInfo s_zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly GridTexts s_texts = new();

    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;

    public FilterFormTests() => CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("en-US");

    public void Dispose() => CultureInfo.CurrentCulture = _culture;

    [Theory]
    [InlineData("5", "", "5", null)]
    [InlineData("", " 1,000,000 ", null, "1000000")]
    [InlineData("-3", "-3", "-3", "-3")]
    public void A_range_of_whole_numbers_holds_both_ends(string from, string to, string? smallest, string? largest)
    {
        var filter = Read(FieldKind.Int32, from, to).ShouldBeOfType<RangeFilter>();

        filter.ShouldBe(new RangeFilter("f", Integer(smallest), Integer(largest)) { IncludesTo = true });
    }

    [Theory]
    [InlineData(FieldKind.Int32, "5.5", "whole number")]
    [InlineData(FieldKind.Int32, "1,5", "whole number")]
    [InlineData(FieldKind.Int64, "9007199254740992", "whole number")]
    [InlineData(FieldKind.Int64, "-9223372036854775808", "whole number")]
    [InlineData(FieldKind.Double, "1,5", "number")]
    [InlineData(FieldKind.Double, "NaN", "number")]
    [InlineData(FieldKind.Double, "1e999", "number")]
    [InlineData(FieldKind.Timestamp, "2025-02-30", "day")]
    [InlineData(FieldKind.Timestamp, "0025-02-03", "day")]
    public void What_cannot_be_understood_filters_nothing_and_is_said(FieldKind kind, string text, string what)
    {
        foreach (var (from, to) in (ReadOnlySpan<(string, string)>)[(text, ""), ("", text)])
        {
            var form = new FilterForm("f", kind, hasChoices: false, s_zone) { From = from, To = to };

            form.Read(s_texts, out var error).ShouldBeNull();

            error.ShouldNotBeNull().ShouldContain(text);
            error.ShouldContain(what);
        }
    }

    [Theory]
    [InlineData(FieldKind.Double, "2", "1")]
    [InlineData(FieldKind.Timestamp, "2025-02-02", "2025-02-01")]
    public void A_range_the_wrong_way_round_is_said(FieldKind kind, string from, string to)
    {
        new FilterForm("f", kind, hasChoices: false, s_zone) { From = from, To = to }.Read(s_texts, out var error).ShouldBeNull();

        error.ShouldBe(s_texts.FromAfterTo);
    }

    [Fact]
    public void Numbers_are_read_as_the_culture_writes_them()
    {
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");

        Read(FieldKind.Double, "1.234,5", "").ShouldBe(new RangeFilter("f", 1234.5, null) { IncludesTo = true });
    }

    [Fact]
    public void Days_are_local_and_the_last_one_is_whole()
    {
        var filter = Read(FieldKind.Timestamp, "2025-03-30", "2025-03-30").ShouldBeOfType<RangeFilter>();

        // The night when summer time begins.
        filter.From.ShouldBe(new DateTimeOffset(2025, 3, 29, 23, 0, 0, TimeSpan.Zero));
        filter.To.ShouldBe(new DateTimeOffset(2025, 3, 30, 22, 0, 0, TimeSpan.Zero));
        filter.IncludesTo.ShouldBeFalse();
        var again = new FilterForm("f", FieldKind.Timestamp, hasChoices: false, s_zone);
        again.Show(filter);
        (again.From, again.To).ShouldBe(("2025-03-30", "2025-03-30"));
    }

    [Fact]
    public void One_choice_is_an_equality_and_several_are_one_of_them()
    {
        var form = new FilterForm("f", FieldKind.Text, hasChoices: true, s_zone);
        form.Read(s_texts, out _).ShouldBeNull();
        form.Chosen.Add("b");
        form.Read(s_texts, out _).ShouldBe(new EqualFilter("f", "b"));
        form.Chosen.Add("a");
        form.Read(s_texts, out _).ShouldBe(new InFilter("f", ["a", "b"]));
    }

    [Fact]
    public void Text_is_looked_for_in_it_or_at_its_beginning()
    {
        var form = new FilterForm("f", FieldKind.Text, hasChoices: false, s_zone) { Text = " shop \uD83D" };
        form.Read(s_texts, out _).ShouldBe(new ContainsFilter(["f"], "shop"));
        form.IsPrefix = true;
        form.Read(s_texts, out _).ShouldBe(new PrefixFilter("f", "shop"));
        form.Text = "  ";
        form.Read(s_texts, out _).ShouldBeNull();
    }

    [Fact]
    public void What_is_being_put_in_stays_until_the_query_says_something_else()
    {
        var form = new FilterForm("f", FieldKind.Int32, hasChoices: false, s_zone) { From = "1,000", To = "x" };
        form.Show(form.Read(s_texts, out _));
        (form.From, form.To).ShouldBe(("1,000", "x"));

        form.To = "";
        form.Show(form.Read(s_texts, out _));
        form.From.ShouldBe("1,000");

        form.Show(null);
        form.From.ShouldBe("");
    }

    [Fact]
    public void Set_replaces_what_is_on_the_field_and_leaves_the_rest()
    {
        ViewFilter others = new OrFilter([new EqualFilter("f", 1)]);
        var query = new ViewQuery { Filters = [new RangeFilter("f", 1, null), others, new EqualFilter("g", 2), new ContainsFilter(["f", "g"], "x")] };

        ColumnFilter.Of(query, "f").ShouldBe(query.Filters[0]);
        ColumnFilter.Set(query, "f", new EqualFilter("f", 3)).Filters.ShouldBe([others, query.Filters[2], query.Filters[3], new EqualFilter("f", 3)]);
        ColumnFilter.Set(query, "g", null).Filters.ShouldBe([query.Filters[0], others, query.Filters[3]]);
        ColumnFilter.Set(query, "h", null).ShouldBe(query);
    }

    [Fact]
    public void A_filter_says_what_it_is()
    {
        Say(new RangeFilter("f", 1000, 5.5) { IncludesTo = true }).ShouldBe("1000 – 5.5");
        Say(Read(FieldKind.Timestamp, "2025-03-01", "2025-03-02")!).ShouldBe("3/1/2025 – 3/2/2025");
        Say(new EqualFilter("f", true)).ShouldBe("Yes");
        Say(new EqualFilter("f", null)).ShouldBe("no value");
        Say(new InFilter("f", ["a", "b", "c", "d"])).ShouldBe("a, b, c, …");
        Say(new PrefixFilter("f", "a")).ShouldBe("begins with “a”");

        static string Say(ViewFilter filter) => ColumnFilter.Describe(filter, s_texts, s_zone);
    }

    private static long? Integer(string? text) => text is null ? null : long.Parse(text, CultureInfo.InvariantCulture);

    private static ViewFilter? Read(FieldKind kind, string from, string to)
    {
        var filter = new FilterForm("f", kind, hasChoices: false, s_zone) { From = from, To = to }.Read(s_texts, out var error);
        error.ShouldBeNull();
        return filter;
    }
}
