using Collection.Contracts;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine.Tests;

/// <summary>The table of phases and events.</summary>
public sealed class SyncMachineTests
{
    [Fact]
    public void Every_phase_says_what_follows_every_event_or_that_it_cannot_happen()
    {
        foreach (var phase in Enum.GetValues<SyncPhase>())
        {
            foreach (var happened in Enum.GetValues<SyncEvent>())
            {
                if (Next(phase, happened) is { } next)
                    Enum.IsDefined(next).ShouldBeTrue($"{phase}, {happened}");
            }
        }
    }

    [Fact]
    public void The_manual_shows_the_table_as_it_is()
    {
        var events = Enum.GetValues<SyncEvent>();
        var lines = new List<string>
        {
            $"| | {string.Join(" | ", events)} |",
            $"| --- |{string.Concat(events.Select(_ => " --- |"))}",
        };
        lines.AddRange(Enum.GetValues<SyncPhase>().Select(phase =>
            $"| **{phase}** | {string.Join(" | ", events.Select(happened => Next(phase, happened)?.ToString() ?? "-"))} |"));

        File.ReadAllText(RepositoryFiles.PathOf("docs", "engine.md")).ShouldContain(string.Join('\n', lines));
    }

    [Fact]
    public void A_run_can_be_ended_and_a_defect_shown_in_every_phase()
    {
        foreach (var phase in Enum.GetValues<SyncPhase>())
        {
            Next(phase, SyncEvent.Stop).ShouldBe(SyncPhase.Stopped);
            Next(phase, SyncEvent.Fault).ShouldBe(SyncPhase.Faulted);
        }
    }

    [Fact]
    public void A_page_leads_out_of_every_trouble()
    {
        foreach (var phase in new[] { SyncPhase.Offline, SyncPhase.BackingOff, SyncPhase.SignedOut, SyncPhase.Faulted, SyncPhase.Resetting })
            Next(phase, SyncEvent.LastPage).ShouldBe(SyncPhase.Live);
    }

    [Fact]
    public void Every_failure_of_a_transport_and_of_a_store_is_an_event()
    {
        foreach (var failure in Enum.GetValues<SyncFailure>())
            Enum.IsDefined(SyncMachine.EventOf(new SyncTransportException(failure, "A failure."))).ShouldBeTrue();
        foreach (var failure in Enum.GetValues<SyncStoreFailure>())
            SyncMachine.Covers(new SyncStoreException(failure, "A failure.")).ShouldBe(failure != SyncStoreFailure.Superseded);
    }

    private static SyncPhase? Next(SyncPhase phase, SyncEvent happened)
    {
        try
        {
            return SyncMachine.Next(phase, happened);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
