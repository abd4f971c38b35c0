using System.Text.Unicode;
using Collection.Sync.AspNetCore;
using CsvHelper;
using Sellers.Host.Data;

namespace Sellers.Host.Import;

/// <summary>A file cannot be imported at all; nothing was written.</summary>
internal sealed class ImportException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>What became of the lines of a file.</summary>
/// <param name="Read">Lines with a seller in them, and refused ones.</param>
/// <param name="Inserted">Sellers that were not known.</param>
/// <param name="Merged">Lines that told of a known seller.</param>
/// <param name="Refused">Lines that were reported.</param>
internal readonly record struct ImportSummary(long Read, long Inserted, long Merged, long Refused);

/// <summary>
/// Loads sellers from a CSV file. A line that is no seller is reported and never stops the rest. Sellers are written in
/// batches, each in a transaction: an import that is cut off has written some batches, and no half of one.
/// </summary>
/// <param name="upsert">Where to.</param>
/// <param name="time">The clock.</param>
/// <param name="refuse">Takes the number of a refused line, from 1, and the reason.</param>
internal sealed class CsvImport(DeduplicatingUpsert upsert, TimeProvider time, Action<long, string> refuse)
{
    // Few enough for other writers not to wait, enough for a commit not to count.
    private const int BatchLength = 1000;

    private long _read;
    private long _inserted;
    private long _merged;
    private long _refused;

    /// <summary>
    /// Imports a file: UTF-8, quoted after RFC 4180, the first line a header. A line is a seller: no field goes over
    /// several, so that a quote that is never closed costs its own line and not the rest of the file.
    /// </summary>
    /// <exception cref="ImportException">The file is not there, or has no such header.</exception>
    public async Task<ImportSummary> RunAsync(string path, CancellationToken cancellationToken)
    {
        using var reader = Open(path);
        var columns = new SellerColumns(reader.Headers);
        var batch = new List<FoundSeller>(BatchLength);
        var now = time.GetUtcNow();
        var table = FoundSeller.Table(now);
        while (reader.Read())
        {
            if (!Utf8.IsValid(reader.RawRecord))
                Refuse(reader.LineNumber, "the bytes are not UTF-8 text");
            else if (columns.TryParse(reader.Current.ToArray(), now, out var seller, out var reason))
                batch.Add(seller);
            else
                Refuse(reader.LineNumber, reason);
            if (batch.Count == BatchLength)
                await WriteAsync(table, batch, cancellationToken);
        }

        await WriteAsync(table, batch, cancellationToken);
        return new ImportSummary(_read, _inserted, _merged, _refused);
    }

    private CsvReader Open(string path)
    {
        var options = CsvReaderOptions.Default with
        {
            AllowLineBreaksInQuotes = false,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Skip,
            OnMalformedRecord = record => Refuse(record.LineNumber, record.Reason switch
            {
                CsvMalformedReason.StrayQuote => "a quote stands within a field that is not quoted",
                CsvMalformedReason.TextAfterClosingQuote => "text follows the closing quote of a field",
                _ => "a quote is opened and not closed on the line",
            }),
        };
        try
        {
            return CsvReader.FromFile(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImportException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private async Task WriteAsync(UpsertTable<FoundSeller> table, List<FoundSeller> batch, CancellationToken cancellationToken)
    {
        var inserted = (await upsert.WriteAsync(table, null, batch, cancellationToken)).Inserted;
        _read += batch.Count;
        _inserted += inserted;
        _merged += batch.Count - inserted;
        batch.Clear();
    }

    private void Refuse(long line, string reason)
    {
        _read++;
        _refused++;
        refuse(line, reason);
    }
}
