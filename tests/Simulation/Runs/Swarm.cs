namespace Collection.Simulation;

/// <summary>What can be switched on and off in a run: kinds of faults, and things that people and servers do.</summary>
internal enum Feature
{
    // Network
    DropRequest, DropReply, Duplicate, SlowLine, PartitionUp, PartitionDown, CutStream, SilentStream, FullStream, NoStreams,

    // Server
    ServerError, ErrorAfterCommit, TooManyRequests, SignedOut, Stall, Restore, Purge, FilterChange, TakenClientId, RowsLeftOut, SmallBatches,
    OtherWriters, Deletes, TeamMoves, ForgottenCursor, Outage, ForeignPage, Malformed, EndlessFeed,

    // Clients
    TabCrash, CrashAtStep, BrowserKill, Wipe, OpenFailure, Quota, LostNotice, Freeze, Steal, SlowStore, Shuffle, NoPolling,

    // People
    Edit, Conditional, Undo, Unlucky, Forbidden, RetryDead, Discard, RequestPull, OpenTab, CloseTab,
}

/// <summary>One run, said whole: the same swarm always leads to the same trace.</summary>
internal sealed record Swarm(long Seed, int Steps, int Browsers, int Tabs, int Keys, ulong Features)
{
    public static int FeatureCount { get; } = Enum.GetValues<Feature>().Length;

    /// <summary>Edits are what it is all about; a run has them unless it was shrunk.</summary>
    private static readonly Feature[] s_usual = [Feature.Edit, Feature.OtherWriters, Feature.OpenTab];

    // Each of these hides much of what the others would show.
    private static readonly Feature[] s_rare = [Feature.FilterChange, Feature.Wipe, Feature.SignedOut, Feature.ForeignPage];

    /// <summary>Draws a run: random features are off, so that no fault hides behind another.</summary>
    public static Swarm Of(long seed)
    {
        var random = new RandomStream(seed, "swarm");
        var share = random.Pick([0.1, 0.3, 0.5]);
        var features = 0UL;
        for (var i = 0; i < FeatureCount; i++)
        {
            var chance = Array.IndexOf(s_usual, (Feature)i) >= 0 ? 0.9 : Array.IndexOf(s_rare, (Feature)i) >= 0 ? share / 2 : share;
            features |= random.Chance(chance) ? 1UL << i : 0;
        }

        return new Swarm(seed, random.Next(20, 80), random.Pick([1, 1, 1, 2, 2, 3, 5]), random.Pick([1, 1, 2, 2, 3, 5, 7]), random.Next(2, 10), features);
    }

    public bool Has(Feature feature) => (Features & (1UL << (int)feature)) != 0;

    public Swarm Without(Feature feature) => this with { Features = Features & ~(1UL << (int)feature) };

    public IEnumerable<Feature> Enabled => Enum.GetValues<Feature>().Where(Has);

    public override string ToString() =>
        $"seed {Seed}, {Steps} steps, {Browsers} browsers with up to {Tabs} tabs, {Keys} keys, with {string.Join(", ", Enabled)}";
}
