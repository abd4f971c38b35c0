using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Collection.Sync.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>How changes get to the clients.</summary>
internal enum Delivery
{
    Ours,
    Peer,
}

/// <summary>What a server says of itself.</summary>
/// <param name="Streams">Open streams.</param>
/// <param name="HeapBytes">Objects; after a collection the living ones.</param>
/// <param name="WorkingSetBytes">Memory of the process.</param>
/// <param name="CpuSeconds">Processor time of the process so far.</param>
internal sealed record ServerFigures(int Streams, long HeapBytes, long WorkingSetBytes, double CpuSeconds);

/// <summary>The host whose streams are measured, in a process of its own. Both deliveries have the same writer, database and server.</summary>
internal static class StreamServer
{
    /// <summary>Makes this program a host: followed by a <see cref="Delivery"/> and a database file. It prints its address, and ends with its standard input.</summary>
    public const string Argument = "--serve-streams";

    public const string CommitPath = "/commit";
    public const string FiguresPath = "/figures";
    public const string PeerPath = "/events";

    public static async Task<int> RunAsync(Delivery delivery, string database)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, StreamJson.Default));
        builder.Services.AddSingleton<PeerStreams>();
        builder.Services.AddCollectionSync(sync =>
        {
            sync.UseSqlite($"Data Source={database}");
            // All clients come from one address.
            sync.Live.MaxStreamsPerUser = sync.Live.MaxStreams;
        });
        await using var app = builder.Build();
        if (delivery == Delivery.Ours)
            app.MapCollectionSync(Seller.Collection.Schema);
        else
            app.MapGet(PeerPath, (PeerStreams streams, CancellationToken cancellationToken) => TypedResults.ServerSentEvents(streams.ReadAsync(cancellationToken)));
        app.MapPost(CommitPath, CommitAsync);
        app.MapGet(FiguresPath, Figures);
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        // Not to outlive who started it, also where that is killed.
        await Console.OpenStandardInput().CopyToAsync(Stream.Null);
        await app.StopAsync();
        return 0;
    }

    /// <returns>The time of the moment before the commit, by a clock that all processes share.</returns>
    private static async Task<string> CommitAsync([FromBody] long[] keys, SyncDatabase database, PeerStreams peer, CancellationToken cancellationToken)
    {
        var (rows, time) = await database.WriteAsync(async (transaction, token) =>
        {
            await using var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"UPDATE sellers SET times_seen = times_seen + 1, updated_at = updated_at + 1 WHERE id = @id RETURNING {SellersData.Columns}";
            var id = command.CreateParameter();
            id.ParameterName = "id";
            command.Parameters.Add(id);
            var rows = new List<Seller>(keys.Length);
            foreach (var key in keys)
            {
                id.Value = key;
                await using var reader = await command.ExecuteReaderAsync(token);
                while (await reader.ReadAsync(token))
                    rows.Add(SellersData.Read(reader));
            }

            return (rows, Stopwatch.GetTimestamp());
        }, cancellationToken);
        peer.Publish([.. rows]);
        return time.ToString(CultureInfo.InvariantCulture);
    }

    /// <param name="collect">True to take away the garbage first, which itself takes processor time.</param>
    /// <param name="ours">Our streams.</param>
    /// <param name="peer">The peer's.</param>
    private static ServerFigures Figures(bool collect, LiveStreams ours, PeerStreams peer)
    {
        for (var i = 0; collect && i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new ServerFigures(
            ours.Count + peer.Count, GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet, Environment.CpuUsage.TotalTime.TotalSeconds);
    }
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Seller[]))]
[JsonSerializable(typeof(long[]))]
[JsonSerializable(typeof(ServerFigures))]
internal sealed partial class StreamJson : JsonSerializerContext;
