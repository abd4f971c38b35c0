using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Sends batches of edits, as text: what a test sends is what it says.</summary>
internal sealed class Pusher(SyncServer server, string user = "ada")
{
    /// <summary>Every field but the key.</summary>
    public static string[] AllFields { get; } = [.. SyncServer.Items.Fields.Where(f => !f.IsKey).Select(f => f.Name)];

    public static Task<SyncServer> StartServerAsync(DatabaseKind kind, int rows = 10, Action<CollectionSyncEndpoint>? configure = null) =>
        SyncServer.StartAsync(kind, rows, configure: configure ?? (endpoint => endpoint.AllowEdits(AllFields)));

    public static string Body(string clientId, params string[] mutations) =>
        $$"""{"clientId":"{{clientId}}","mutations":[{{string.Join(",", mutations)}}]}""";

    public static string Mutation(long id, long key, string fields, string more = "") =>
        $$"""{"id":{{id}},"key":{{key}},"fields":{{fields}}{{more}}}""";

    public Task<PushReply> SendAsync(string clientId, params string[] mutations) => SendAsync(Body(clientId, mutations));

    public Task<PushReply> SendAsync(string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(content);
    }

    public async Task<PushReply> SendAsync(HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sync/items/mutations") { Content = content };
        request.Headers.Add("X-User", user);
        using var response = await server.Http.SendAsync(request);
        return new PushReply(response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}

/// <summary>What came back, in the parts that tests look at.</summary>
internal sealed class PushReply
{
    private readonly JsonElement _json;

    public PushReply(HttpStatusCode status, string text)
    {
        Status = status;
        Text = text;
        using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        _json = document.RootElement.Clone();
    }

    public HttpStatusCode Status { get; }

    public string Text { get; }

    /// <summary>Why a batch was refused.</summary>
    public string? Reason => _json.TryGetProperty("reason", out var reason) ? reason.GetString() : null;

    public string? Detail => _json.TryGetProperty("detail", out var detail) ? detail.GetString() : null;

    public long? MutationAtFault => _json.TryGetProperty("mutation", out var mutation) ? mutation.GetInt64() : null;

    public long? LastId => _json.TryGetProperty("lastId", out var last) ? last.GetInt64() : null;

    /// <summary>Such as <c>1 applied</c> and <c>2 rejected missing</c>.</summary>
    public string[] Results => [.. _json.GetProperty("results").EnumerateArray().Select(result =>
        $"{result.GetProperty("id").GetInt64()} {result.GetProperty("status").GetString()} {(result.TryGetProperty("reason", out var reason) ? reason.GetString() : "")}".TrimEnd())];

    public string ResultDetail(int index) => _json.GetProperty("results")[index].GetProperty("detail").GetString()!;

    public Page Rows(CollectionSchema? schema = null) => Page.Read(_json.GetProperty("rows").GetBytesFromBase64(), schema ?? SyncServer.Items);

    public bool HasRows => _json.GetProperty("rows").ValueKind != JsonValueKind.Null;
}

/// <summary>A row of sync_edits.</summary>
internal sealed record LoggedEdit(long RowKey, string User, string Client, long Mutation, long? MadeAt, long ReceivedAt, string Changes, string? CorrelationId)
{
    public static async Task<List<LoggedEdit>> ReadAsync(SyncServer server)
    {
        await using var connection = await server.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT row_key, user_id, client_id, mutation_id, made_at, received_at, changes, correlation_id FROM sync_edits ORDER BY id";
        await using var reader = await command.ExecuteReaderAsync();
        var log = new List<LoggedEdit>();
        while (await reader.ReadAsync())
        {
            log.Add(new LoggedEdit(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3),
                await reader.IsDBNullAsync(4) ? null : reader.GetInt64(4), reader.GetInt64(5), reader.GetString(6),
                await reader.IsDBNullAsync(7) ? null : reader.GetString(7)));
        }

        return log;
    }
}
