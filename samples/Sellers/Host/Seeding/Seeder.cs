using System.Data.Common;
using Sellers.Host.Data;

namespace Sellers.Host.Seeding;

/// <summary>Fills an empty table with invented sellers.</summary>
internal static class Seeder
{
    private const int Seed = 20260101;
    private static readonly DateTimeOffset s_until = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the sellers in one transaction: all of them or none.</summary>
    /// <returns>How many were written; 0 where the table is not empty.</returns>
    public static async Task<int> RunAsync(DbDataSource database, int count, Action<string> report, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (count == 0 || await transaction.CountSellersAsync(cancellationToken) > 0)
            return 0;

        var written = 0;
        await using (var writer = new SellerWriter(transaction))
        {
            foreach (var seller in new Catalogue(Seed, s_until).Take(count))
            {
                await writer.WriteAsync(seller, s_until, cancellationToken);
                if (++written % 50_000 == 0)
                    report($"Made up {written:N0} of {count:N0} sellers.");
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return written;
    }
}
