using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

/// <summary>What is read next, and what is not.</summary>
public sealed class PlannerTests
{
    private readonly ReadLatency _latency = new();
    private readonly Blocks _blocks = new(1000, 10);
    private readonly WindowingOptions _options = new();

    [Fact]
    public void Rows_on_screen_come_from_the_middle_outwards_and_adjacent_blocks_in_one_read()
    {
        _blocks.Have(52);

        Next(new RowRange(500, 45)).ShouldBe(new RowRange(530, 20), "of 50 to 54 the middle is here: the nearest run below it");
        _blocks.Have(53, 54);
        Next(new RowRange(500, 45)).ShouldBe(new RowRange(500, 20));
    }

    [Fact]
    public void A_second_read_is_for_the_screen_alone_and_there_is_no_third()
    {
        Next(new RowRange(500, 10), readCount: 1).ShouldBe(new RowRange(500, 10));
        Next(new RowRange(500, 10), readCount: 2).ShouldBeNull();
        _blocks.Have(50);
        Next(new RowRange(500, 10), readCount: 1).ShouldBeNull();
        Next(new RowRange(500, 10), readCount: 0).ShouldBe(new RowRange(510, 10));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(60, 2)]
    [InlineData(120, 4)]
    [InlineData(1000, 6)]
    public void The_faster_the_motion_the_farther_ahead(double velocity, int blocks)
    {
        _blocks.Have(50);

        // A quarter of a second and two reads: 0.2672 s.
        Next(new RowRange(500, 10), velocity).ShouldBe(new RowRange(510, blocks * 10));
    }

    [Fact]
    public void Upwards_is_ahead_too()
    {
        _blocks.Have(50);

        Next(new RowRange(500, 10), velocity: -60).ShouldBe(new RowRange(490, 10));
        _blocks.Have(49, 48);
        Next(new RowRange(500, 10), velocity: -60).ShouldBeNull("what is behind a motion is not wanted");
    }

    [Fact]
    public void At_rest_there_is_a_screen_on_either_side()
    {
        _blocks.Have(50);
        Next(new RowRange(500, 10)).ShouldBe(new RowRange(510, 10));
        _blocks.Have(51);
        Next(new RowRange(500, 10)).ShouldBe(new RowRange(490, 10));
        _blocks.Have(49);
        Next(new RowRange(500, 10)).ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_read_beyond_the_ends()
    {
        _blocks.Have(0, 99);

        Next(new RowRange(0, 10), velocity: -100).ShouldBeNull();
        Next(new RowRange(990, 10), velocity: 100).ShouldBeNull();
        Next(new RowRange(2000, 10)).ShouldBeNull("rows have gone, and whoever shows them has yet to follow");
        new WindowPlanner(new RowRange(0, 10), 0, 0, _latency, _options).Next(new Blocks(0, 10), 0).ShouldBeNull();
    }

    [Fact]
    public void A_gate_closes_where_rows_would_have_gone_by_and_opens_as_soon_as_the_motion_slows_down()
    {
        // Four screens of 10 rows in the 24.6 ms of a read and a frame.
        Next(new RowRange(500, 10), velocity: 1700).ShouldBeNull();
        Next(new RowRange(500, 10), velocity: 1700, speed: 1600).ShouldBe(new RowRange(500, 10));
    }

    [Theory]
    [InlineData(25, 8, 0.06, 64)]
    [InlineData(25, 1, 0.05, 32)]
    [InlineData(40, 1, 0.05, 64)]
    [InlineData(25, 40, 0.1, 128)]
    [InlineData(500, 1, 0.05, 128)]
    public void Blocks_suit_the_screen_and_the_store(int visible, double fixedMilliseconds, double perRow, int expected)
    {
        foreach (var i in Enumerable.Range(0, 400))
            _latency.Add(i % 2 == 0 ? 32 : 128, TimeSpan.FromMilliseconds(fixedMilliseconds + (perRow * (i % 2 == 0 ? 32 : 128))));

        WindowPlanner.BlockRows(visible, _latency, _options).ShouldBe(expected);
        WindowPlanner.BlockRows(visible, _latency, _options with { BlockRows = 10 }).ShouldBe(10);
    }

    [Fact]
    public void Latency_is_fitted_to_base_and_slope()
    {
        foreach (var i in Enumerable.Range(0, 400))
            _latency.Add(32 << (i % 3), TimeSpan.FromMilliseconds(20 + (0.5 * (32 << (i % 3)))));

        _latency.Base.ShouldBe(20, 0.5);
        _latency.PerRow.ShouldBe(0.5, 0.01);
    }

    [Fact]
    public void Reads_of_one_size_move_the_base_and_leave_the_slope()
    {
        var slope = _latency.PerRow;
        foreach (var _ in Enumerable.Range(0, 400))
            _latency.Add(64, TimeSpan.FromMilliseconds(30));

        _latency.Of(64).ShouldBe(30, 0.5);
        _latency.PerRow.ShouldBe(slope, slope / 2);
    }

    [Fact]
    public void A_motion_rises_within_80_ms_falls_within_25_and_rests_when_told()
    {
        var time = new ManualTime();
        var motion = new ScrollMotion(time);
        void Scroll(int from, int step, int frames)
        {
            for (var frame = 1; frame <= frames; frame++)
            {
                time.Advance(16);
                motion.Look(new RowRange(from + (frame * step), 25));
            }
        }

        motion.Look(new RowRange(0, 25));
        Scroll(0, 2, 30);
        motion.Velocity.ShouldBe(125, 5);
        Scroll(60, 10, 5);
        motion.Velocity.ShouldBeInRange(400, 500, "80 ms of 625 rows a second");
        motion.Speed.ShouldBe(motion.Velocity);
        Scroll(110, 1, 1);
        motion.Speed.ShouldBe(62.5, 0.1);
        Scroll(111, 1, 3);
        motion.Velocity.ShouldBeLessThan(110);
        motion.Rest();
        (motion.Velocity, motion.IsMoving).ShouldBe((0, false));
    }

    private RowRange? Next(RowRange visible, double velocity = 0, int readCount = 0, double? speed = null) =>
        new WindowPlanner(visible, velocity, speed ?? Math.Abs(velocity), _latency, _options).Next(_blocks, readCount);

    private sealed class Blocks(int count, int blockRows) : IBlocks
    {
        private readonly HashSet<int> _there = [];

        public int Count => count;

        public int BlockRows => blockRows;

        public int FirstBlock => 0;

        public int LastBlock => Math.Max(count - 1, 0) / blockRows;

        public void Have(params int[] blocks) => _there.UnionWith(blocks);

        public int BlockOf(int row) => row / blockRows;

        public RowRange RangeOf(int first, int last) => new(first * blockRows, Math.Min((last + 1) * blockRows, count) - (first * blockRows));

        public bool IsMissing(int block) => !_there.Contains(block);
    }
}
