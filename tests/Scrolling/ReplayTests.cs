using Xunit.Abstractions;

namespace Collection.Scrolling;

/// <summary>Never blank, never wrong: the gates that a row source has to pass, and sources that do not.</summary>
public sealed class ReplayTests(ITestOutputHelper output)
{
    private const double BlankWhileReading = 0.005;
    private const double BlankWhileReadingAfterDrag = 0.03;
    private const double FetchedForShown = 6;
    private const double SettleP95 = 50;
    private const double Drift = 1;

    public static TheoryData<string, int> Traces
    {
        get
        {
            var traces = new TheoryData<string, int>();
            foreach (var name in (string[])["wheel", "trackpad", "touch", "pagedown", "reading", "drag", "jumps"])
            {
                traces.Add(name, 100_000);
                traces.Add(name, 1_000_000);
            }

            return traces;
        }
    }

    [Theory]
    [MemberData(nameof(Traces))]
    public void Scrolling_is_never_blank_for_who_reads_and_reads_little_that_is_not_seen(string name, int rows)
    {
        var sight = Replay(name, rows, Speed.Usual);

        sight.BlankRowsWhileReading.ShouldBeLessThanOrEqualTo(LimitOf(name));
        sight.FetchedForShown.ShouldBeLessThanOrEqualTo(FetchedForShown);
        sight.SettleP95.ShouldBeLessThanOrEqualTo(SettleP95);
    }

    [Theory]
    [MemberData(nameof(Traces))]
    public void Where_rows_come_in_the_first_row_on_screen_stays_where_it_is(string name, int rows)
    {
        var sight = Replay(name, rows, Speed.Usual, Meanwhile.Arrivals);

        sight.Drift.ShouldBeLessThanOrEqualTo(Drift);
        sight.BlankRowsWhileReading.ShouldBeLessThanOrEqualTo(LimitOf(name));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void Jumps_during_a_first_sync_settle(int rows)
    {
        var sight = Replay("jumps", rows, Speed.Usual, Meanwhile.FirstSync);

        sight.SettleP95.ShouldBeLessThanOrEqualTo(SettleP95);
    }

    [Fact]
    public void A_fast_store_and_a_slow_one()
    {
        foreach (var name in (string[])["wheel", "touch", "drag"])
        {
            Replay(name, 100_000, Speed.Fast).BlankRowsWhileReading.ShouldBeLessThanOrEqualTo(LimitOf(name));
            Replay(name, 100_000, Speed.Slow).FetchedForShown.ShouldBeLessThanOrEqualTo(2 * FetchedForShown);
        }
    }

    [Fact]
    public void Reading_whatever_has_been_on_screen_fails_the_gates()
    {
        var sight = new Replayer(Trace.Load("drag"), 1_000_000, Speed.Usual).Run((store, _) => new FirstComeSource(store));
        output.WriteLine($"first come, first served: {sight}");

        sight.BlankRowsWhileReading.ShouldBeGreaterThan(BlankWhileReadingAfterDrag);
        sight.SettleP95.ShouldBeGreaterThan(SettleP95);
    }

    [Fact]
    public void Losing_somebodys_place_fails_the_gate()
    {
        var sight = new Replayer(Trace.Load("reading"), 100_000, Speed.Usual, Meanwhile.Arrivals).Run((store, time) => new PlaceLosingSource(store, time));
        output.WriteLine($"place not kept: {sight}");

        sight.Drift.ShouldBeGreaterThan(Drift);
    }

    private static double LimitOf(string name) => name is "drag" or "jumps" ? BlankWhileReadingAfterDrag : BlankWhileReading;

    private Sight Replay(string name, int rows, Speed speed, Meanwhile meanwhile = Meanwhile.Nothing)
    {
        var sight = new Replayer(Trace.Load(name), rows, speed, meanwhile).Run(Replayer.Ours);
        output.WriteLine($"{name,-9}{rows,9:N0} rows, {speed.Name}{(meanwhile == Meanwhile.Nothing ? "" : $", {meanwhile}")}: {sight}");
        return sight;
    }
}
