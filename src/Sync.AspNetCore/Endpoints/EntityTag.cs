using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The tag of an answer that says "nothing new": it names the position, so that a client that polls is answered with
/// 304 and no body for as long as nothing changes.
/// </summary>
internal static class EntityTag
{
    /// <summary>Weak, since the same page may be sent compressed or as JSON.</summary>
    public static EntityTagHeaderValue Of(FeedSource source, DeltaPosition position) => new(
        FormattableString.Invariant($"\"{source.Table.Schema.Hash:x}-{source.FilterHash:x}-{position.Epoch:x}-{position.Version.Transaction:x}-{position.Version.Sequence:x}\""),
        isWeak: true);

    /// <summary>True where the client has named the tag.</summary>
    public static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known) && known.Any(other => other.Compare(tag, useStrongComparison: false));
}
