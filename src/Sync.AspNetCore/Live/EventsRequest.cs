using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Collection.Sync.AspNetCore;

/// <summary>What a client wants to hear of.</summary>
/// <param name="After">The position that it has come to; null for a new stream.</param>
/// <param name="Scope">The field, and its value in the rows to hear of; null for all rows.</param>
internal sealed record EventsRequest(DeltaPosition? After, (string Field, long Value)? Scope)
{
    public const string EventsType = "text/event-stream";
    private const string LastId = "lastEventId";

    /// <param name="request">The request.</param>
    /// <param name="scopes">The fields that streams may be scoped to.</param>
    /// <param name="parsed">The request, if it is a good one.</param>
    /// <param name="problem">What is wrong otherwise, and what to do about it.</param>
    public static bool TryParse(
        HttpRequest request,
        IReadOnlyCollection<string> scopes,
        [NotNullWhen(true)] out EventsRequest? parsed,
        [NotNullWhen(false)] out string? problem)
    {
        parsed = null;
        problem = null;
        (string Field, long Value)? scope = null;
        foreach (var (name, values) in request.Query)
        {
            if (values.Count != 1)
                problem ??= $"The parameter '{name}' was given {values.Count} times: give it once.";
            else if (name == LastId)
                continue;
            else if (!scopes.Contains(name))
                problem ??= $"There is no parameter '{name}' here; there are: {string.Join(", ", scopes.Prepend(LastId))}.";
            else if (scope is not null)
                problem ??= "A stream has one scope: give one of the fields, not several.";
            else if (!long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                problem ??= $"'{name}' has to be a whole number.";
            else
                scope = (name, value);
        }

        // The header is the newer one: a browser that reconnects adds it to the address that it began with.
        var header = request.Headers[HeaderNameOfLastId];
        var id = header is [{ Length: > 0 }] or { Count: > 1 } ? header : request.Query[LastId];
        DeltaPosition? after = null;
        if (id.ToString().Length > 0 && (id.Count > 1 || (after = LiveEvent.ReadId(id.ToString())) is null))
            problem ??= "The last event's id is not one of this server. Pull, and open a new stream without it.";
        if (problem is not null)
            return false;
        parsed = new EventsRequest(after, scope);
        return true;
    }

    /// <summary>True unless the client says that it does not take events. The most specific range that it names counts.</summary>
    public static bool AcceptsEvents(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
            return true;
        var events = new MediaTypeHeaderValue(EventsType);
        var range = accepted.Where(events.IsSubsetOf).OrderBy(a => a.MatchesAllTypes ? 2 : a.MatchesAllSubTypes ? 1 : 0).FirstOrDefault();
        return range is not null && range.Quality is null or > 0;
    }

    private const string HeaderNameOfLastId = "Last-Event-ID";
}
