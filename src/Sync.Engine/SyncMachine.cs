using System.Collections.Frozen;
using Collection.Sync.Abstractions;
using static Collection.Sync.Engine.SyncPhase;

namespace Collection.Sync.Engine;

/// <summary>What happens to the sync of a collection.</summary>
internal enum SyncEvent
{
    /// <summary>A run begins.</summary>
    Start,

    /// <summary>This tab leads now, and nothing complete is stored.</summary>
    LeadFromEmpty,

    /// <summary>This tab leads now, and a complete collection is stored.</summary>
    LeadFromStored,

    /// <summary>A refill has begun, or goes on: by this tab's first pull as a leader, or by a page that is stored beside the old rows.</summary>
    Refill,

    /// <summary>A page of the first sync is stored, and more are to come.</summary>
    SnapshotPage,

    /// <summary>A page of changes is stored, and more are to come.</summary>
    DeltaPage,

    /// <summary>The last page there is has been stored.</summary>
    LastPage,

    /// <summary>The server was not reached.</summary>
    Unreachable,

    /// <summary>The server asks to be left alone, or is at fault.</summary>
    Busy,

    /// <summary>The session has ended.</summary>
    SessionEnded,

    /// <summary>The server does not know the cursor any more, or what is stored does not read back.</summary>
    HistoryLost,

    /// <summary>Something that waiting alone may not mend.</summary>
    Fault,

    /// <summary>Another tab leads.</summary>
    Superseded,

    /// <summary>The run ends.</summary>
    Stop,
}

/// <summary>
/// Which phase follows which, in one table: a row for each phase, a column for each event. <c>docs/engine.md</c> explains it.
/// </summary>
internal static class SyncMachine
{
    // What cannot happen is a defect and ends the run, so that it is found.
    private const SyncPhase Never = (SyncPhase)(-1);

    private static readonly SyncPhase[][] s_table =
    [
        //              Start      LeadFromEmpty LeadFromStored Refill     SnapshotPage DeltaPage   LastPage  Unreachable Busy        SessionEnded HistoryLost Fault    Superseded Stop
        /* Stopped */    [Following, Never,      Never,         Never,     Never,       Never,      Never,    Never,      Never,      Never,       Never,      Faulted, Never,     Stopped],
        /* Following */  [Never,     Snapshot,   CatchingUp,    Resetting, Never,       Never,      Never,    Never,      Never,      Never,       Never,      Faulted, Following, Stopped],
        /* Snapshot */   [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* CatchingUp */ [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* Live */       [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* Offline */    [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* BackingOff */ [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* Resetting */  [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* SignedOut */  [Never,     Never,      Never,         Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
        /* Faulted */    [Following, Snapshot,   CatchingUp,    Resetting, Snapshot,    CatchingUp, Live,     Offline,    BackingOff, SignedOut,   Resetting,  Faulted, Following, Stopped],
    ];

    private static readonly FrozenDictionary<SyncFailure, SyncEvent> s_failures = new Dictionary<SyncFailure, SyncEvent>
    {
        [SyncFailure.Offline] = SyncEvent.Unreachable,
        [SyncFailure.Retry] = SyncEvent.Busy,
        [SyncFailure.SignedOut] = SyncEvent.SessionEnded,
        [SyncFailure.Reset] = SyncEvent.HistoryLost,
        [SyncFailure.Refused] = SyncEvent.Fault,
        [SyncFailure.Protocol] = SyncEvent.Fault,
    }.ToFrozenDictionary();

    /// <summary>True for failures that are part of life; any other exception is a defect and ends the run.</summary>
    public static bool Covers(Exception failure) =>
        failure is SyncTransportException or PageFormatException or SyncStoreException { Failure: not SyncStoreFailure.Superseded };

    /// <summary>What a failure of a pull means.</summary>
    public static SyncEvent EventOf(Exception failure) => failure switch
    {
        SyncTransportException e => s_failures[e.Failure],
        SyncStoreException { Failure: SyncStoreFailure.Corrupt } => SyncEvent.HistoryLost,
        _ => SyncEvent.Fault,
    };

    /// <summary>The phase after an event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in that phase: a defect.</exception>
    public static SyncPhase Next(SyncPhase phase, SyncEvent happened)
    {
        var next = s_table[(int)phase][(int)happened];
        return next != Never ? next : throw new InvalidOperationException($"{happened} cannot happen to a sync that is {phase}. That is a defect of the engine.");
    }

    /// <summary>True where a request to pull ends the wait that follows a failure: everywhere but where the server asked to be left alone.</summary>
    public static bool CanBeWoken(SyncPhase phase) => phase is not (BackingOff or Resetting);
}
