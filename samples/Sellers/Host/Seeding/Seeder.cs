using Collection.Sync.AspNetCore;
using Sellers.Host.Data;

namespace Sellers.Host.Seeding;

/// <summary>Fills an empty table with invented sellers.</summary>
internal static class Seeder
{
    /// <summary>Decides which sellers there are.</summary>
    public const int Seed = 20260101;

    // Within a batch rows are numbered in the order of their names, and people see the latest first: few enough for
    // the list to look as mixed as a real one.
    private const int BatchLength = 5;

    private static readonly DateTimeOffset s_until = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Writes the sellers in one transaction: all of them or none. Two hosts that do so at once write them once.
    /// </summary>
    /// <returns>How many were written; 0 where the table is not empty.</returns>
    public static ValueTask<int> RunAsync(SyncDatabase database, DeduplicatingUpsert upsert, int count, Action<string> report, CancellationToken cancellationToken) =>
        database.WriteAsync(async (transaction, token) =>
        {
            if (count == 0 || await transaction.CountSellersAsync(token) > 0)
                return 0;
            var table = FoundSeller.SeedTable(s_until);
            var (read, written) = (0, 0);
            foreach (var batch in new Catalogue(Seed, s_until).Take(count).Chunk(BatchLength))
            {
                written += (await upsert.WriteAsync(table, null, batch, transaction, token)).Inserted;
                read += batch.Length;
                if (read % 50_000 == 0)
                    report($"Made up {read:N0} of {count:N0} sellers.");
            }

            return written;
        }, cancellationToken);
}
