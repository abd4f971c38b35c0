using System.Diagnostics;
using Collection.Sync.AspNetCore;
using Sellers.Host.Data;
using Sellers.Host.Import;
using Sellers.Host.Seeding;
using Sellers.Host.Session;

namespace Sellers.Host;

/// <summary>Makes the database ready before anybody can ask for it: tables, users, sellers.</summary>
internal static class FirstRun
{
    private const int MaxReported = 50;

    /// <exception cref="ImportException">The file to import is not one of sellers.</exception>
    public static async Task PrepareAsync(IServiceProvider services, HostSettings settings, CancellationToken cancellationToken)
    {
        settings.CreateFolders();
        var database = services.GetRequiredService<SyncDatabase>();
        await using var turn = await PreparationTurn.TakeAsync(database.Connections, cancellationToken);
        await database.CreateTablesAsync(cancellationToken);
        await services.GetRequiredService<Users>().AddDemonstrationAsync(cancellationToken);
        var upsert = services.GetRequiredService<DeduplicatingUpsert>();
        if (settings.ImportFile is { } file)
            await ImportAsync(upsert, services.GetRequiredService<TimeProvider>(), file, cancellationToken);
        else
            await SeedAsync(database, upsert, settings.Sellers, cancellationToken);
    }

    private static async Task SeedAsync(SyncDatabase database, DeduplicatingUpsert upsert, int count, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var written = await Seeder.RunAsync(database, upsert, count, Console.WriteLine, cancellationToken);
        if (written > 0)
            Console.WriteLine($"Made up {written:N0} sellers in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s.");
    }

    private static async Task ImportAsync(DeduplicatingUpsert upsert, TimeProvider time, FileInfo file, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Importing {file.FullName} ...");
        var reported = 0;
        var import = new CsvImport(upsert, time, (line, reason) =>
        {
            if (++reported <= MaxReported)
                Console.Error.WriteLine($"Line {line} was refused: {reason}.");
            else if (reported == MaxReported + 1)
                Console.Error.WriteLine("Further refused lines are only counted.");
        });
        var summary = await import.RunAsync(file.FullName, cancellationToken);
        Console.WriteLine($"Read {summary.Read:N0} lines: {summary.Inserted:N0} new sellers, {summary.Merged:N0} known ones, {summary.Refused:N0} refused.");
    }
}
