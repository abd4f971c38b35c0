using System.Net;
using System.Net.Http.Json;
using Sellers.Contracts;

namespace Sellers.Client.Session;

/// <summary>
/// Gives every write the anti-forgery token. It takes a new one where it has none, as after a start without a network, and
/// where the server no longer takes the one it has, as after a sign-in in another tab.
/// </summary>
public sealed class AntiforgeryHandler() : DelegatingHandler(new HttpClientHandler())
{
    private string _token = "";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
            return await base.SendAsync(request, cancellationToken);
        if (_token.Length == 0)
            await RenewAsync(request.RequestUri!, cancellationToken);
        var response = await SendWithTokenAsync(request, cancellationToken);
        // A token belongs to a session, and this has just begun or ended one.
        if (response.IsSuccessStatusCode && request.RequestUri!.AbsolutePath == "/session")
            _token = "";
        if (!response.Headers.Contains(Contracts.Session.AntiforgeryHeader))
            return response;
        response.Dispose();
        await RenewAsync(request.RequestUri!, cancellationToken);
        return await SendWithTokenAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendWithTokenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A message is sent once; its content may be sent again, since all of ours is in memory.
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content };
        foreach (var (name, values) in request.Headers)
            copy.Headers.TryAddWithoutValidation(name, values);
        copy.Headers.Add(Contracts.Session.AntiforgeryHeader, _token);
        return await base.SendAsync(copy, cancellationToken);
    }

    private async Task RenewAsync(Uri from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(from, "/session"));
        using var response = await base.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var session = await response.Content.ReadFromJsonAsync(SessionJson.Default.Session, cancellationToken);
        _token = session?.AntiforgeryToken ?? throw new HttpRequestException("The server sent an empty session.");
    }
}
