using System.Text.Json;

namespace Collection.Sync.Http;

/// <summary>What a server says about a refusal: an RFC 9457 problem, as far as it is one.</summary>
/// <param name="Detail">Its detail, or else its title, for a person.</param>
/// <param name="Reason">The reason for programs.</param>
/// <param name="Mutation">The mutation at fault.</param>
internal sealed record Problem(string? Detail, string? Reason, long? Mutation)
{
    // Problem details are a few hundred bytes; a longer body is some proxy's page, and tells a person nothing.
    private const int MaxBytes = 16 * 1024;

    private static readonly Problem s_unknown = new(null, null, null);

    public static async ValueTask<Problem> ReadAsync(HttpResponseMessage response, BoundedBody body)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json" || await body.ReadAsync(MaxBytes) is not { } bytes)
            return s_unknown;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var problem = document.RootElement;
            return problem.ValueKind == JsonValueKind.Object
                ? new Problem(Text(problem, "detail") ?? Text(problem, "title"), Text(problem, "reason"), Number(problem, "mutation"))
                : s_unknown;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The status has said what to do; a problem that does not parse, or is no Unicode, adds nothing to it.
            return s_unknown;
        }
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
