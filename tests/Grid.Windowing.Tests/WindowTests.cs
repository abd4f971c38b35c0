using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing.Tests;

public sealed class WindowTests : RowSourceTest
{
    [Fact]
    public void Nothing_is_read_before_somebody_asks()
    {
        Make();
        Store.Change();
        Store.Openings.ShouldBeEmpty();
        Source.TryGet(0, 1, out _).ShouldBeFalse();
        Source.State.ShouldBe(new RowSourceState(RowSourcePhase.Loading, 0, 0, ViewQuery.All));
    }

    [Fact]
    public void GetAsync_FirstCall_OpensTheViewTogetherWithItsWindow()
    {
        Make();
        var rows = Get(0, 25);
        Store.Openings.Single().Window.ShouldBe(new RowRange(0, 30));
        var view = Store.Openings.Single().Complete();
        ShouldBe(Rows(rows), 0, 25, "1:");
        view.Reads.ShouldBeEmpty();
        States.ShouldBe([new RowSourceState(RowSourcePhase.Ready, 1000, 1, ViewQuery.All)]);
    }

    [Fact]
    public void GetAsync_RowsInMemory_CompletesOnTheSpot()
    {
        var view = MakeReady();
        var rows = Source.GetAsync(3, 5, default);
        rows.IsCompletedSuccessfully.ShouldBeTrue();
        Source.TryGet(3, 5, out var same).ShouldBeTrue();
        ShouldBe(same, 3, 5, "1:");
        view.Reads.ShouldBeEmpty();
    }

    [Fact]
    public void GetAsync_AdjacentMissingBlocks_AreOneRead()
    {
        var view = MakeReady();
        var rows = Get(5, 40);
        view.Reads.Single().Range.ShouldBe(new RowRange(10, 40));
        view.Reads.Single().Complete();
        ShouldBe(Rows(rows), 5, 40, "1:");
    }

    [Fact]
    public void GetAsync_BlockInTheMiddleIsThere_ReadsAroundIt()
    {
        var view = MakeReady();
        Get(30, 10);
        view.Reads[0].Complete();
        var rows = Get(15, 40);
        view.Reads.Skip(1).Select(read => read.Range).ShouldBe([new RowRange(10, 20), new RowRange(40, 20)]);
        view.Reads[2].Complete();
        rows.IsCompleted.ShouldBeFalse();
        view.Reads[1].Complete();
        ShouldBe(Rows(rows), 15, 40, "1:");
    }

    [Fact]
    public void GetAsync_EndOfTheView_ReturnsFewerRows()
    {
        var view = MakeReady();
        var rows = Get(990, 50);
        view.Reads.Single().Range.ShouldBe(new RowRange(990, 10));
        view.Reads.Single().Complete();
        ShouldBe(Rows(rows), 990, 10, "1:");
        Rows(Get(1000, 10)).ShouldBeEmpty();
        Rows(Get(5000, int.MaxValue)).ShouldBeEmpty();
    }

    [Fact]
    public void GetAsync_BlockUnderWay_IsNotReadTwice()
    {
        var view = MakeReady();
        var first = Get(100, 10);
        var second = Get(95, 20);
        view.Reads.Select(read => read.Range).ShouldBe([new RowRange(100, 10), new RowRange(90, 10)]);
        var third = Get(102, 4);
        view.Reads[0].Complete();
        ShouldBe(Rows(first), 100, 10, "1:");
        ShouldBe(Rows(third), 102, 4, "1:");
        view.Reads[2].Range.ShouldBe(new RowRange(110, 10));
        view.Reads[1].Complete();
        view.Reads[2].Complete();
        ShouldBe(Rows(second), 95, 20, "1:");
    }

    [Fact]
    public void GetAsync_ManyWait_TheNewestIsReadFirst()
    {
        var view = MakeReady();
        var tasks = Enumerable.Range(1, 4).Select(hundred => Get(hundred * 100, 10)).ToList();
        view.Reads.Select(read => read.Range.Start).ShouldBe([100, 200]);
        view.Reads[0].Complete();
        view.Reads[1].Complete();
        view.Reads.Select(read => read.Range.Start).ShouldBe([100, 200, 400, 300]);
        view.Reads[2].Complete();
        view.Reads[3].Complete();
        for (var i = 0; i < 4; i++)
            ShouldBe(Rows(tasks[i]), (i + 1) * 100, 10, "1:");
    }

    [Fact]
    public void GetAsync_CancelledWhileQueued_IsNeverRead()
    {
        var view = MakeReady();
        using var cancel = new CancellationTokenSource();
        Get(100, 10);
        Get(200, 10);
        var stale = Get(300, 10, cancel.Token);
        cancel.Cancel();
        ShouldBeCancelled(stale);
        Get(400, 10);
        view.Reads[0].Complete();
        view.Reads[1].Complete();
        view.Reads.Select(read => read.Range.Start).ShouldBe([100, 200, 400]);
    }

    [Fact]
    public void GetAsync_Cancelled_EndsWithItsOwnTokenAndTheReadGoesOn()
    {
        var view = MakeReady();
        using var cancel = new CancellationTokenSource();
        var rows = Get(100, 10, cancel.Token);
        cancel.Cancel();
        Should.Throw<OperationCanceledException>(() => rows.GetAwaiter().GetResult()).CancellationToken.ShouldBe(cancel.Token);
        Should.Throw<OperationCanceledException>(() => Get(0, 1, cancel.Token).GetAwaiter().GetResult()).CancellationToken.ShouldBe(cancel.Token);
        view.Reads.Single().CancellationToken.IsCancellationRequested.ShouldBeFalse();
        view.Reads.Single().Complete();
        Source.TryGet(100, 10, out _).ShouldBeTrue();
    }

    [Fact]
    public void GetAsync_AsksAgainFromWithinAnAnswer_Works()
    {
        var view = MakeReady();
        var answers = new List<long>();
        async Task Follow(int start)
        {
            var rows = await Source.GetAsync(start, 10, default);
            answers.Add(rows[0].Position);
            if (start < 300)
                await Follow(start + 100);
        }

        var all = Follow(100);
        for (var i = 0; i < 3; i++)
            view.Reads[i].Complete();
        all.IsCompletedSuccessfully.ShouldBeTrue();
        answers.ShouldBe([100, 200, 300]);
    }

    [Fact]
    public void GetAsync_StoreInMemory_CompletesOnTheSpot()
    {
        MakeReady().IsInMemory = true;
        ShouldBe(Rows(Get(500, 200)), 500, 200, "1:");
    }

    [Fact]
    public void The_cache_forgets_what_was_not_used_for_longest()
    {
        var block = new ScriptedStore.View(1000, 1, ViewQuery.All).Rows(new RowRange(0, 10));
        var view = MakeReady(new WindowingOptions { BlockRows = 10, MaxCachedBytes = 3 * Enumerable.Range(0, 10).Sum(i => block[i].Length) });
        view.IsInMemory = true;
        Get(10, 10);
        Get(20, 10);
        Get(0, 10);
        Get(30, 10);
        Source.TryGet(0, 10, out _).ShouldBeTrue();
        Source.TryGet(10, 10, out _).ShouldBeFalse();
        Source.TryGet(20, 20, out _).ShouldBeTrue();
    }

    [Fact]
    public void The_window_asked_for_last_stays_even_where_it_alone_is_too_large()
    {
        var view = MakeReady(new WindowingOptions { BlockRows = 10, MaxCachedBytes = 0 });
        view.IsInMemory = true;
        Rows(Get(100, 50)).Count.ShouldBe(50);
        Source.TryGet(100, 50, out _).ShouldBeTrue();
        Source.TryGet(0, 10, out _).ShouldBeFalse();
    }

    [Fact]
    public void Windows_that_somebody_waits_for_stay_until_they_are_whole()
    {
        var view = MakeReady(new WindowingOptions { BlockRows = 10, MaxCachedBytes = 0 });
        Get(110, 10);
        view.Reads[0].Complete();
        var around = Get(100, 30);
        var other = Get(500, 10);
        foreach (var i in new[] { 1, 2, 3 })
            view.Reads[i].Complete();
        ShouldBe(Rows(around), 100, 30, "1:");
        ShouldBe(Rows(other), 500, 10, "1:");
        view.Reads.Count.ShouldBe(4);
    }

    [Fact]
    public void GetAsync_ReadFails_FailsItsRequestsAloneAndSaysSo()
    {
        var view = MakeReady();
        var hit = Get(100, 10);
        var other = Get(200, 10);
        var error = new SyncStoreException(SyncStoreFailure.Unavailable, "The database is closed.");
        view.Reads[0].Answer.SetException(error);
        Should.Throw<SyncStoreException>(() => hit.GetAwaiter().GetResult()).ShouldBeSameAs(error);
        States.ShouldBe([new RowSourceState(RowSourcePhase.Failed, 1000, 1, ViewQuery.All, error)]);
        view.Reads[1].Complete();
        ShouldBe(Rows(other), 200, 10, "1:");
        ShouldBe(Rows(Get(0, 10)), 0, 10, "1:");

        var retry = Source.QueryAsync(Source.Query);
        Store.Openings.Single().Complete();
        retry.IsCompletedSuccessfully.ShouldBeTrue();
        Source.State.ShouldBe(new RowSourceState(RowSourcePhase.Ready, 1000, 2, ViewQuery.All));
    }

    [Fact]
    public void GetAsync_StoreReturnsTooFewRows_Fails()
    {
        var view = MakeReady();
        var rows = Get(100, 10);
        view.Reads[0].Answer.SetResult(view.Rows(new RowRange(100, 9)));
        Should.Throw<InvalidOperationException>(() => rows.GetAwaiter().GetResult()).Message.ShouldContain("9 rows from position 100");
        Source.State.Phase.ShouldBe(RowSourcePhase.Failed);
    }

    [Fact]
    public void A_store_of_another_schema_is_refused()
    {
        var other = new CollectionDefinition<Row>(new CollectionSchema("others", [new("id", FieldKind.Int64) { IsKey = true }]), Row.Collection.Codec);
        Should.Throw<ArgumentException>(() => new WindowedRowSource<Row>(Store, other)).Message.ShouldContain("'others'");
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Make(new WindowingOptions { BlockRows = 0 }));
        Should.Throw<ArgumentOutOfRangeException>(() => Make(new WindowingOptions { MaxCachedBytes = -1 }));
    }
}
