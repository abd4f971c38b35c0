using System.Net.Http.Json;
using System.Text;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Sellers.Host.Tests;

/// <summary>A browser, as far as the host can tell.</summary>
public sealed class Visitor(HttpClient http)
{
    public HttpClient Http { get; } = http;

    public Session Session { get; private set; } = new(null, null, "");

    public async Task AskAsync() => Session = (await Http.GetFromJsonAsync<Session>("/session"))!;

    public async Task<HttpResponseMessage> SignInAsync(string user, string password)
    {
        var response = await SendAsync(HttpMethod.Post, "/session", new SignInRequest(user, password));
        if (response.IsSuccessStatusCode)
            Session = (await response.Content.ReadFromJsonAsync<Session>())!;
        return response;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(path, UriKind.Relative));

    /// <summary>Sends a request with the token for writes.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) =>
        SendAsync(method, path, body is null ? null : JsonContent.Create(body));

    /// <summary>Sends JSON as it is written, with the token for writes.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, string json) =>
        SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Pushes one edit of one field.</summary>
    public Task<HttpResponseMessage> PushAsync(string client, int mutation, long key, string field, string value) =>
        PostAsync("/sync/sellers/mutations", $$$"""{"clientId":"{{{client}}}","mutations":[{"id":{{{mutation}}},"key":{{{key}}},"fields":{"{{{field}}}":{{{value}}}}}]}""");

    /// <summary>Pulls one page.</summary>
    public async Task<Page> PullAsync(CollectionSchema schema, SyncCursor? after = null) =>
        Page.Read(await Http.GetByteArrayAsync(new Uri($"/sync/{schema.Name}{(after is { } cursor ? $"?cursor={cursor.Value}" : "")}", UriKind.Relative)), schema);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Add(Session.AntiforgeryHeader, Session.AntiforgeryToken);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
