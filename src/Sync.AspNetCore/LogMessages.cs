using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>Everything that the package logs. Ids are stable; contents of rows and cursors are never logged.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Debug, "Pulled {Collection}: {Upserts} upserts, {Deletes} deletes, {Bytes} bytes, snapshot {IsSnapshot}, more {More}, {Elapsed} ms.")]
    public static partial void PagePulled(this ILogger logger, string collection, int upserts, int deletes, int bytes, bool isSnapshot, bool more, double elapsed);

    [LoggerMessage(2, LogLevel.Information, "Refused a cursor of {Collection}: {Reason}. The client refills.")]
    public static partial void CursorRefused(this ILogger logger, string collection, CursorRefusal reason);

    [LoggerMessage(3, LogLevel.Information, "Installed the change feed of {Collection} on table {Table}; {Rows} rows were numbered.")]
    public static partial void FeedInstalled(this ILogger logger, string collection, string table, long rows);

    [LoggerMessage(4, LogLevel.Warning, "Epoch {Epoch} begins: every client refills.")]
    public static partial void EpochStarted(this ILogger logger, long epoch);

    [LoggerMessage(5, LogLevel.Information, "Forgot {Count} deletions from before {DeletedBefore}.")]
    public static partial void TombstonesPurged(this ILogger logger, int count, DateTimeOffset deletedBefore);
}
