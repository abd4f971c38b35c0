using System.Collections.Immutable;

namespace Collection.Sync.IndexedDb;

/// <summary>How a collection lies on disk and in the memory of this tab's worker.</summary>
/// <param name="Segments">Segments on disk.</param>
/// <param name="SmallSegments">Those of them that wait to be merged when nobody asks for anything.</param>
/// <param name="Changes">Changes that the segments hold; those beyond the rows that are shown are left behind by compaction.</param>
/// <param name="Blocks">Blocks that hold rows.</param>
/// <param name="CachedBlocks">Those of them that are in memory.</param>
/// <param name="CachedBytes">Bytes of the blocks in memory, of all collections of this store.</param>
/// <param name="Columns">Fields whose columns are in memory, because a query has asked for them.</param>
/// <param name="ColumnBytes">Bytes of those columns, of the orders made of them, and of keys and versions.</param>
public sealed record StoreDiagnosis(
    int Segments, int SmallSegments, long Changes, int Blocks, int CachedBlocks, long CachedBytes, ImmutableArray<string> Columns, long ColumnBytes);
