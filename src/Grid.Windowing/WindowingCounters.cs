namespace Collection.Grid.Windowing;

/// <summary>What a row source has done since it was made, for developers and benchmarks.</summary>
/// <param name="RowsShown">Rows that came on screen, each time that they did.</param>
/// <param name="RowsFetched">Rows that were read from the store.</param>
/// <param name="Reads">Reads from the store.</param>
/// <param name="BlankRows">Rows that were on screen in a frame without being in memory, a count for each frame.</param>
/// <param name="StaleRows">Rows that were on screen in a frame as they were in the version before.</param>
/// <param name="CachedBytes">Bytes of encoded rows whose decoded form is in memory.</param>
/// <param name="PeakCachedBytes">The most that this has been.</param>
public readonly record struct WindowingCounters(long RowsShown, long RowsFetched, long Reads, long BlankRows, long StaleRows, long CachedBytes, long PeakCachedBytes);
