using System.Data.Common;

namespace Collection.Sync.AspNetCore;

/// <summary>Remembers the batches that are written, in the transactions that write them.</summary>
internal static class BatchLog
{
    /// <summary>Begins a batch, after waiting for whoever is writing the same one.</summary>
    /// <returns>What it did when it was written before; null where it was not.</returns>
    public static async ValueTask<UpsertResult?> BeginAsync(DbTransaction transaction, UpsertBatch batch, CancellationToken cancellationToken)
    {
        await using (var begin = transaction.Command(
            "INSERT INTO sync_batches (run_id, batch_no, inserted, updated, unchanged) VALUES (@run, @batch, 0, 0, 0) ON CONFLICT (run_id, batch_no) DO NOTHING",
            ("run", batch.RunId), ("batch", batch.BatchNo)))
        {
            if (await begin.ExecuteNonQueryAsync(cancellationToken) == 1)
                return null;
        }

        await using var known = transaction.Command(
            "SELECT inserted, updated, unchanged FROM sync_batches WHERE run_id = @run AND batch_no = @batch",
            ("run", batch.RunId), ("batch", batch.BatchNo));
        await using var reader = await known.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new UpsertResult(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), IsRepeated: true)
            : throw new InvalidOperationException($"Run {batch.RunId} was forgotten while its batch {batch.BatchNo} was being sent again. Forget a run when none of its batches can come any more.");
    }

    /// <summary>Keeps what a begun batch did.</summary>
    public static async ValueTask EndAsync(DbTransaction transaction, UpsertBatch batch, UpsertResult result, CancellationToken cancellationToken)
    {
        await using var end = transaction.Command(
            "UPDATE sync_batches SET inserted = @inserted, updated = @updated, unchanged = @unchanged WHERE run_id = @run AND batch_no = @batch",
            ("inserted", result.Inserted), ("updated", result.Updated), ("unchanged", result.Unchanged), ("run", batch.RunId), ("batch", batch.BatchNo));
        await end.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Forgets the batches of a run.</summary>
    /// <returns>How many there were.</returns>
    public static async ValueTask<int> ForgetAsync(DbTransaction transaction, long runId, CancellationToken cancellationToken)
    {
        await using var forget = transaction.Command("DELETE FROM sync_batches WHERE run_id = @run", ("run", runId));
        return await forget.ExecuteNonQueryAsync(cancellationToken);
    }
}
