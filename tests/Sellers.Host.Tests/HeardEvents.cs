using System.Net;
using System.Net.ServerSentEvents;

namespace Collection.Sellers.Host.Tests;

/// <summary>An event stream of a collection, as a client reads it.</summary>
public sealed class HeardEvents : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private HeardEvents(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    public static async Task<HeardEvents> OpenAsync(Visitor visitor, string collection)
    {
        var response = await visitor.Http.GetAsync(new Uri($"/sync/{collection}/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new HeardEvents(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The data of the last event.</summary>
    public string Data => _events.Current.Data;

    /// <summary>The type of the next event that is no ping; null at the end.</summary>
    public async Task<string?> NextAsync()
    {
        while (await _events.MoveNextAsync().AsTask().WaitAsync(s_patience))
        {
            if (_events.Current.EventType != "ping")
                return _events.Current.EventType;
        }

        return null;
    }

    public void Dispose() => _response.Dispose();
}
