using Microsoft.Extensions.Logging;

namespace Collection.Sync.AspNetCore;

/// <summary>Everything that the package logs. Ids are stable; contents of rows and cursors are never logged.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Debug, "Pulled {Collection}: {Upserts} upserts, {Deletes} deletes, {Bytes} bytes, snapshot {IsSnapshot}, more {More}, {Elapsed} ms.")]
    public static partial void PagePulled(this ILogger logger, string collection, int upserts, int deletes, int bytes, bool isSnapshot, bool more, double elapsed);

    [LoggerMessage(2, LogLevel.Information, "Refused a cursor of {Collection}: {Reason}. The client refills.")]
    public static partial void CursorRefused(this ILogger logger, string collection, CursorRefusal reason);

    [LoggerMessage(3, LogLevel.Information, "Installed the change feed of {Collection} on table {Table}.")]
    public static partial void FeedInstalled(this ILogger logger, string collection, string table);

    [LoggerMessage(4, LogLevel.Warning, "Epoch {Epoch} begins: every client refills.")]
    public static partial void EpochStarted(this ILogger logger, long epoch);

    [LoggerMessage(5, LogLevel.Information, "Forgot {Count} deletions from before {DeletedBefore}.")]
    public static partial void TombstonesPurged(this ILogger logger, int count, DateTimeOffset deletedBefore);

    [LoggerMessage(6, LogLevel.Warning, "A read replica did not answer; reading from the primary.")]
    public static partial void ReplicaFailed(this ILogger logger, Exception error);

    [LoggerMessage(7, LogLevel.Warning, "The change feed's upkeep failed; it is tried again.")]
    public static partial void UpkeepFailed(this ILogger logger, Exception error);

    [LoggerMessage(20, LogLevel.Debug, "Pushed to {Collection}: {Applied} applied, {Rejected} rejected, {Repeated} repeated, {Elapsed} ms.")]
    public static partial void EditsPushed(this ILogger logger, string collection, int applied, int rejected, int repeated, double elapsed);

    [LoggerMessage(21, LogLevel.Information, "Refused a push to {Collection}: {Status} {Reason}. Nothing of it was applied.")]
    public static partial void PushRefused(this ILogger logger, string collection, int status, string reason);

    [LoggerMessage(22, LogLevel.Error, "A push to {Collection} failed in the database. The client sends it again.")]
    public static partial void PushFailed(this ILogger logger, string collection, Exception error);

    [LoggerMessage(30, LogLevel.Debug, "A stream of {Collection} is behind ({Reason}): its client pulls.")]
    public static partial void StreamBehind(this ILogger logger, string collection, BehindReason reason);

    [LoggerMessage(31, LogLevel.Information, "Refused a stream with {Status}: there are too many.")]
    public static partial void StreamRefused(this ILogger logger, int status);

    [LoggerMessage(32, LogLevel.Warning, "Streams of {Collection} stand still, since what changed cannot be read. It is tried again.")]
    public static partial void TailFailed(this ILogger logger, Exception error, string collection);

    [LoggerMessage(34, LogLevel.Warning, "A stream of {Collection} has ended, since the database did not answer. Its client comes back.")]
    public static partial void StreamFailed(this ILogger logger, Exception error, string collection);

    [LoggerMessage(33, LogLevel.Warning, "Streams may be late, since the database cannot be watched for changes. It is tried again.")]
    public static partial void WatchFailed(this ILogger logger, Exception error);

    [LoggerMessage(40, LogLevel.Information, "Batch {Batch} of run {Run} had been written before, and was not again.")]
    public static partial void BatchRepeated(this ILogger logger, long batch, long run);
}
