using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Collection.Sync.AspNetCore;

/// <summary>What a client asks for.</summary>
/// <param name="Cursor">Where to go on; null for the start.</param>
/// <param name="MaxBytes">The size of the page, in bytes, within the server's cap.</param>
/// <param name="SchemaHash">The schema that the client has, if it says.</param>
internal sealed record PullRequest(string? Cursor, int MaxBytes, ulong? SchemaHash)
{
    /// <param name="query">The query of the request.</param>
    /// <param name="options">The limits.</param>
    /// <param name="request">The request, if it is a good one.</param>
    /// <param name="problem">What is wrong otherwise, and what to do about it.</param>
    public static bool TryParse(
        IQueryCollection query,
        CollectionSyncOptions options,
        [NotNullWhen(true)] out PullRequest? request,
        [NotNullWhen(false)] out string? problem)
    {
        request = null;
        problem = null;
        foreach (var name in (string[])["cursor", "maxBytes", "schema"])
        {
            if (query[name].Count > 1)
                problem = $"The parameter '{name}' was given {query[name].Count} times: give it once.";
        }

        // A client may wish for larger pages than the server makes: that is no mistake.
        var maxBytes = (long)options.DefaultPageBytes;
        if (query["maxBytes"] is [{ Length: > 0 } size]
            && (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out maxBytes) || maxBytes < CollectionSyncOptions.MinPageBytes))
        {
            problem ??= $"'maxBytes' has to be a whole number of bytes, at least {CollectionSyncOptions.MinPageBytes}; pages of more than {options.MaxPageBytes} are not made.";
        }

        ulong hash = 0;
        var hasSchema = query["schema"] is [{ Length: > 0 }];
        if (hasSchema && (query["schema"][0]!.Length != 16
            || !ulong.TryParse(query["schema"][0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash)))
        {
            problem ??= "'schema' has to be the 16 hexadecimal digits of the client's schema hash.";
        }

        if (problem is not null)
            return false;
        var cursor = query["cursor"] is [{ Length: > 0 } text] ? text : null;
        request = new PullRequest(cursor, (int)Math.Min(maxBytes, options.MaxPageBytes), hasSchema ? hash : null);
        return true;
    }
}
