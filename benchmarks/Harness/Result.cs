namespace Collection.Benchmarks;

/// <summary>One scenario, ours and the peer measured in one run.</summary>
/// <param name="Scenario">Its name, as <c>--only</c> takes it.</param>
/// <param name="Rows">The rows in the table.</param>
/// <param name="Ours">What ours took.</param>
/// <param name="Peer">The name of the peer.</param>
/// <param name="PeerTiming">What the peer took.</param>
/// <param name="Beside">Further figures, by the name they have in the JSON.</param>
internal sealed record Result(
    string Scenario, int Rows, Timing Ours, string Peer, Timing PeerTiming, IReadOnlyList<(string Name, double Value)> Beside)
{
    /// <summary>How many times faster ours is, by the medians.</summary>
    public double Ratio => PeerTiming.Median / Ours.Median;
}

/// <summary>What was seen of one side in a scenario that is not about a time.</summary>
/// <param name="Scenario">Its name, as <c>--only</c> takes it.</param>
/// <param name="Rows">The rows in the table.</param>
/// <param name="Of">The side, and when.</param>
/// <param name="Values">The figures, by the name that they have in the JSON, which ends in their unit.</param>
internal sealed record Figures(string Scenario, int Rows, string Of, IReadOnlyList<(string Name, double Value)> Values);
