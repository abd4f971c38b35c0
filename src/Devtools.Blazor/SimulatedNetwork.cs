using System.Net;

namespace Collection.Devtools.Blazor;

/// <summary>What requests meet.</summary>
public enum NetworkWeather
{
    /// <summary>The network as it is.</summary>
    Fair,

    /// <summary>Requests fail before they leave.</summary>
    Offline,

    /// <summary>Two seconds more for each request, and 32 KiB a second for its answer.</summary>
    Slow,

    /// <summary>Each request is answered with 503 and does not leave.</summary>
    Failing,
}

/// <summary>
/// A handler to be put around an app's own, with which a developer tries what the app does on a bad network. In fair
/// weather it passes everything on. When the weather changes, answers that are still being read are cut, event
/// streams too.
/// </summary>
/// <param name="timeProvider">The clock of delays; the system's where null.</param>
public sealed class SimulatedNetwork(TimeProvider? timeProvider = null) : DelegatingHandler
{
    internal const int SlowBytesPerSecond = 32 * 1024;

    private static readonly TimeSpan s_latency = TimeSpan.FromSeconds(2);
    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;
    private CancellationTokenSource _change = new();

    /// <summary>What requests meet from now on.</summary>
    public NetworkWeather Weather
    {
        get;
        set
        {
            if (field == value)
                return;
            field = value;
            var ended = _change;
            _change = new CancellationTokenSource();
            ended.Cancel();
        }
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var weather = Weather;
        var change = _change.Token;
        switch (weather)
        {
            case NetworkWeather.Offline:
                throw new HttpRequestException(HttpRequestError.ConnectionError, "The developer tools simulate that there is no network.");
            case NetworkWeather.Failing:
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request, ReasonPhrase = "Simulated by the developer tools" };
            case NetworkWeather.Slow:
                await Task.Delay(s_latency, _timeProvider, cancellationToken);
                break;
        }

        var response = await base.SendAsync(request, cancellationToken);
        var body = new CutStream(await response.Content.ReadAsStreamAsync(cancellationToken), weather == NetworkWeather.Slow ? _timeProvider : null, change);
        var content = new StreamContent(body);
        foreach (var (name, values) in response.Content.Headers)
            content.Headers.TryAddWithoutValidation(name, values);
        response.Content = content;
        return response;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _change.Dispose();
        base.Dispose(disposing);
    }
}
