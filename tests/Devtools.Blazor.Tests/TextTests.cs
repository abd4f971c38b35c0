namespace Collection.Devtools.Blazor.Tests;

public sealed class TextTests
{
    [Fact]
    public void A_course_holds_the_last_minute_and_scales_to_its_highest_value()
    {
        var course = new Course();
        for (var second = 1; second <= 70; second++)
            course.Add(second);

        var points = course.ToString().Split(' ');

        course.Highest.ShouldBe(70);
        points.Length.ShouldBe(Course.Length);
        points[0].ShouldBe("0,0.843");
        points[^1].ShouldBe("59,0");
    }

    [Fact]
    public void A_course_of_nothing_lies_on_the_ground()
    {
        var course = new Course();
        course.Add(0);
        course.Add(double.NaN);
        course.Add(-1);

        course.ToString().ShouldBe("57,1 58,1 59,1");
    }

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(59, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(7200, "2 h")]
    public void An_age_is_told_in_its_largest_unit(int seconds, string text) => DataText.Of(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Fact]
    public void Data_says_what_it_is()
    {
        DataText.Of((object?)null).ShouldBe("no data");
        DataText.Of("text").ShouldBe("text");
        DataText.Of(new Run(3, "done")).ShouldBe("Run { Id = 3, Phase = done }");
        DataText.Of(Array.Empty<int>()).ShouldBe("empty");
        DataText.Of(new[] { new Run(1, "a"), new Run(2, "b") }).ShouldBe($"Run {{ Id = 1, Phase = a }}{Environment.NewLine}Run {{ Id = 2, Phase = b }}{Environment.NewLine}");
        DataText.Of(Enumerable.Range(0, 1000)).ShouldEndWith($"49{Environment.NewLine}…{Environment.NewLine}");
        DataText.Of(new string('x', 30_000)).Length.ShouldBe(20_002);
    }

    private sealed record Run(int Id, string Phase);
}
