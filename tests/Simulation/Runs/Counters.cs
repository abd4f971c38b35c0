namespace Collection.Simulation;

/// <summary>What has to happen at least once in many runs, or they prove less than they say.</summary>
internal enum Seen
{
    RequestDropped, ReplyDropped, RequestDuplicated, PartitionedUp, PartitionedDown, StreamCut, StreamSilent, StreamFull, StreamsRefused,
    ServerError, Outage, ErrorAfterCommit, TooManyRequests, SignedOut, HorizonStall, EpochChanged, Purged, FilterChanged, CursorRefused,
    AnswerWithoutRows, RefusedSize, RefusedMutation, RefusedClient, RefusedOrder, AnsweredAgain,
    Html, OtherSchema, OtherEpoch, MalformedPage, HugePage, StuckCursor, EndlessPages, MalformedHint, MalformedAnswer,
    TabCrashed, CrashedAtStep, BrowserKilled, CommitsLost, Wiped, OpenFailed, QuotaExceeded, NoticeLost, Frozen, Thawed, LeaseStolen, LeaseInherited,
    Superseded, Edited, EditMissing, EditCondition, Collapsed, Undone, DeadLetter, Retried, Discarded, SetAside, Renumbered,
    SentAgain, Held, HeldSettled, Reset, ResetAgain, Refilled, EditedWhileRefilling, HintTaken, HintIgnored, HintOfOtherEpoch,
    StreamOpened, StreamResumed, PolledWithoutStream, Backoff, RetryAfterObeyed, Offline, Faulted, TabOpened, TabClosed, Converged,
}

/// <summary>How often each of them has happened.</summary>
internal sealed class Counters
{
    private readonly long[] _counts = new long[Enum.GetValues<Seen>().Length];

    public long this[Seen what] => _counts[(int)what];

    public void Add(Seen what) => _counts[(int)what]++;

    public void Add(Counters other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
    }

    public override string ToString() =>
        string.Join(Environment.NewLine, Enum.GetValues<Seen>().Select(what => $"{what,-22}{this[what],12:N0}"));
}
