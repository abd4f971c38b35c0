using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Collection.Sync.AspNetCore.Tests.Live;

/// <summary>How streams end, and how many there are.</summary>
public abstract class StreamLifetimeContract(DatabaseKind kind)
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Silent_stream_gives_signs_of_life()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => o.Live.PingInterval = s_often);
        await using var client = await EventClient.OpenAsync(server);

        for (var i = 0; i < 3; i++)
            (await client.NextAsync("ping")).Data.ShouldBe("{}");
    }

    [Fact]
    public async Task Stream_ends_with_the_session_and_says_so_last()
    {
        var isValid = true;
        await using var server = await SyncServer.StartAsync(kind, options: o =>
        {
            o.Live.PingInterval = s_often;
            o.IsSessionValid = (_, _) => ValueTask.FromResult(Volatile.Read(ref isValid));
        });
        await using var client = await EventClient.OpenAsync(server);
        await server.InsertAsync(1, 1);
        await client.NextAsync("page");

        Volatile.Write(ref isValid, false);
        (await client.NextAsync("closed")).Data.ShouldBe("""{"reason":"signed-out"}""");
        await server.InsertAsync(2, 1);

        await client.ShouldEndAsync();
    }

    [Fact]
    public async Task Sign_out_ends_the_streams_of_the_user_at_once_and_of_nobody_else()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => o.Live.PingInterval = TimeSpan.FromMinutes(10));
        await using var ada = await EventClient.OpenAsync(server);
        await using var bob = await EventClient.OpenAsync(server, user: "bob");

        Streams(server).CloseUser("ada");
        (await ada.NextAsync("closed")).Data.ShouldBe("""{"reason":"signed-out"}""");
        await server.InsertAsync(1, 1);

        await ada.ShouldEndAsync();
        await bob.NextAsync("page");
    }

    [Fact]
    public async Task One_stream_too_many_is_refused_until_another_one_ends()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => o.Live.MaxStreams = 17);
        var clients = new List<EventClient>();
        for (var i = 0; i < 16; i++)
            clients.Add(await EventClient.OpenAsync(server));

        await EventStreamContract.ShouldBeRefusedAsync(EventClient.SendAsync(server), HttpStatusCode.TooManyRequests);
        clients.Add(await EventClient.OpenAsync(server, user: "bob"));
        await EventStreamContract.ShouldBeRefusedAsync(EventClient.SendAsync(server, user: "eve"), HttpStatusCode.ServiceUnavailable);
        Streams(server).Count.ShouldBe(17);

        Streams(server).CloseUser("bob");
        await clients[^1].NextAsync("closed");
        await clients[^1].ShouldEndAsync();
        Streams(server).Count.ShouldBe(16);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Stream_ends_where_its_filter_becomes_another_one()
    {
        var least = 0;
        await using var server = await SyncServer.StartAsync(
            kind, options: o => o.Live.PingInterval = s_often, configure: e => e.Where(_ => new RowFilter("count >= @least", ("least", Volatile.Read(ref least)))));
        await using var client = await EventClient.OpenAsync(server);

        Volatile.Write(ref least, 1);

        (await client.NextAsync("closed")).Data.ShouldBe("""{"reason":"filter"}""");
        await client.ShouldEndAsync();
    }

    [Fact]
    public async Task Graceful_stop_ends_streams_at_once()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => o.Live.MaxStreamsPerUser = 100);
        var clients = new List<EventClient>();
        for (var i = 0; i < 20; i++)
            clients.Add(await EventClient.OpenAsync(server));

        // The host would wait half a minute before it breaks connections off.
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        foreach (var client in clients)
        {
            await client.ShouldEndAsync();
            await client.DisposeAsync();
        }

        Streams(server).Count.ShouldBe(0);
    }

    [Fact]
    public async Task Client_that_does_not_read_is_disconnected()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o =>
            // Long enough for the client that does read on a machine that is busy.
            (o.Live.WriteTimeout, o.Live.PingInterval, o.Live.MaxQueuedEvents, o.Live.MaxQueuedBytes) = (TimeSpan.FromSeconds(2), s_often, 10_000, 100_000_000));
        using var http = EventClient.SmallBuffers();
        await using var stuck = await EventClient.OpenAsync(server, http: http);
        await using var other = await EventClient.OpenAsync(server);

        await EventStreamContract.WriteEightMegabytesAsync(server);

        while (Streams(server).Count > 1)
            (await other.TryNextAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task Client_that_does_not_read_holds_up_no_stop()
    {
        await using var server = await SyncServer.StartAsync(kind, options: o => (o.Live.MaxQueuedEvents, o.Live.MaxQueuedBytes) = (10_000, 100_000_000));
        using var http = EventClient.SmallBuffers();
        await using var stuck = await EventClient.OpenAsync(server, http: http);
        await using var other = await EventClient.OpenAsync(server);
        await EventStreamContract.WriteEightMegabytesAsync(server);
        await EventStreamContract.ReadToEndAsync(other, server);

        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Streams(server).Count.ShouldBe(0);
    }

    private static LiveStreams Streams(SyncServer server) => server.Services.GetRequiredService<LiveStreams>();
}

public sealed class SqliteStreamLifetimeTests() : StreamLifetimeContract(DatabaseKind.Sqlite)
{
    [Theory]
    [InlineData(null, true)]
    [InlineData(1, true)]
    [InlineData(-1, false)]
    public async Task Session_lasts_until_what_it_was_authenticated_by_expires(int? minutes, bool isValid)
    {
        var expires = minutes is { } left ? DateTimeOffset.UtcNow.AddMinutes(left) : (DateTimeOffset?)null;
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton(TimeProvider.System).BuildServiceProvider(),
        };
        context.Features.Set<IAuthenticateResultFeature>(new Authenticated(new AuthenticationProperties { ExpiresUtc = expires }));

        (await new CollectionSyncOptions().IsSessionValid(context, CancellationToken.None)).ShouldBe(isValid);
    }

    [Fact]
    public async Task Streams_tails_and_events_are_measured()
    {
        var sums = new ConcurrentDictionary<string, long>();
        await using var server = await SyncServer.StartAsync(DatabaseKind.Sqlite);
        var meter = server.Services.GetRequiredService<SyncTelemetry>().Meter;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == meter)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();
        await using var one = await EventClient.OpenAsync(server);
        await using var other = await EventClient.OpenAsync(server, user: "bob");

        (sums["collection.sync.streams"], sums["collection.sync.tails"]).ShouldBe((2, 1));
        await server.Feed.StartEpochAsync(CancellationToken.None);
        foreach (var client in (EventClient[])[one, other])
            await client.NextAsync("behind");
        await server.InsertAsync(1, 1);
        foreach (var client in (EventClient[])[one, other])
            await client.NextAsync("page");
        await server.StopAsync();

        sums.OrderBy(sum => sum.Key, StringComparer.Ordinal).Select(sum => (sum.Key, sum.Value)).ShouldBe(
            [("collection.sync.events", 2), ("collection.sync.streams", 0), ("collection.sync.streams.behind", 2), ("collection.sync.tails", 0)]);
    }

    private sealed class Authenticated(AuthenticationProperties properties) : IAuthenticateResultFeature
    {
        public AuthenticateResult? AuthenticateResult { get; set; } = AuthenticateResult.Success(new AuthenticationTicket(new(), properties, "test"));
    }
}

public sealed class PostgresStreamLifetimeTests() : StreamLifetimeContract(DatabaseKind.Postgres);
