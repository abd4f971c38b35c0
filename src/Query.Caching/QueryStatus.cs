namespace Collection.Query.Caching;

/// <summary>What is known of a query's data.</summary>
public enum QueryStatus
{
    /// <summary>There is no data yet.</summary>
    Pending,

    /// <summary>The last fetch failed; data of an earlier one may be there.</summary>
    Error,

    /// <summary>There is data.</summary>
    Success,
}

/// <summary>What is being done about a query's data.</summary>
public enum FetchStatus
{
    /// <summary>Nothing.</summary>
    Idle,

    /// <summary>It is being fetched, or waits between two tries.</summary>
    Fetching,

    /// <summary>A fetch waits for the network, or for the page to be visible again.</summary>
    Paused,
}

/// <summary>What the network means to a query or a mutation.</summary>
public enum NetworkMode
{
    /// <summary>It is needed: nothing is tried while offline.</summary>
    Online,

    /// <summary>It is not needed: whether there is one plays no part.</summary>
    Always,

    /// <summary>It may be needed: the first try is made regardless, further ones wait for the network.</summary>
    OfflineFirst,
}

/// <summary>What an occasion to fetch again is used for.</summary>
public enum RefetchMode
{
    /// <summary>Data that is stale is fetched again.</summary>
    Stale,

    /// <summary>Data is fetched again, however fresh.</summary>
    Always,

    /// <summary>Nothing is fetched.</summary>
    Never,
}
