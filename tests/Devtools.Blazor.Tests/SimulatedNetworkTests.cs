using System.Net;
using System.Text;

namespace Collection.Devtools.Blazor.Tests;

public sealed class SimulatedNetworkTests : IDisposable
{
    private static readonly Uri s_address = new("http://server/");

    private readonly Server _server = new();
    private readonly Clock _clock = new();
    private readonly SimulatedNetwork _network;
    private readonly HttpClient _client;

    public SimulatedNetworkTests()
    {
        _network = new SimulatedNetwork(_clock) { InnerHandler = _server };
        _client = new HttpClient(_network);
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task In_fair_weather_answers_come_as_they_are()
    {
        _server.Body = new MemoryStream("rows"u8.ToArray());

        using var response = await _client.GetAsync(s_address);

        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/plain");
        (await response.Content.ReadAsStringAsync()).ShouldBe("rows");
    }

    [Fact]
    public async Task Offline_requests_fail_before_they_leave()
    {
        _network.Weather = NetworkWeather.Offline;

        var error = await Should.ThrowAsync<HttpRequestException>(() => _client.GetAsync(s_address));

        error.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
        _server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_failing_server_answers_503_and_is_not_asked()
    {
        _network.Weather = NetworkWeather.Failing;

        using var response = await _client.GetAsync(s_address);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _server.Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_slow_network_waits_before_the_request_and_while_the_answer_is_read()
    {
        _network.Weather = NetworkWeather.Slow;
        _server.Body = new MemoryStream(new byte[16 * 1024]);

        using var response = await _client.GetAsync(s_address, HttpCompletionOption.ResponseHeadersRead);
        var latency = _clock.Waited;
        (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBe(16 * 1024);

        latency.ShouldBe(TimeSpan.FromSeconds(2));
        (_clock.Waited - latency).ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public async Task A_stream_that_is_open_is_cut_when_the_weather_changes()
    {
        _server.Body = new EndlessStream();
        using var response = await _client.GetAsync(s_address, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var read = stream.ReadAsync(new byte[10]).AsTask();
        read.IsCompleted.ShouldBeFalse();

        _network.Weather = NetworkWeather.Offline;

        await Should.ThrowAsync<IOException>(() => read);
    }

    [Fact]
    public async Task A_reader_that_gives_up_is_cancelled_and_not_cut()
    {
        _server.Body = new EndlessStream();
        using var stop = new CancellationTokenSource();
        using var response = await _client.GetAsync(s_address, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var read = stream.ReadAsync(new byte[10], stop.Token).AsTask();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => read);
    }

    private sealed class Server : HttpMessageHandler
    {
        public Stream Body { get; set; } = new MemoryStream();

        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            var content = new StreamContent(Body);
            content.Headers.ContentType = new("text/plain", Encoding.UTF8.WebName);
            return Task.FromResult(new HttpResponseMessage { Content = content, RequestMessage = request });
        }
    }

    /// <summary>A body of which nothing comes.</summary>
    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    /// <summary>A clock whose delays are over at once, and are summed up.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Waited { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waited += dueTime;
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
