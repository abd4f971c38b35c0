using System.Text;
using BenchmarkDotNet.Attributes;
using Collection.Export.Streaming;
using CsvHelper;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// Every row of the table as CSV, all fields: ours from the rows as a store returns them, CsvHelper from records that
/// are there already.
/// </summary>
public sealed class CsvExport
{
    private static MemoryView s_view = new([]);

    public static async Task PrepareAsync()
    {
        s_view = new MemoryView(SellersData.Rows);
        using var ours = new MemoryStream();
        using var peer = new MemoryStream();
        await WriteOursAsync(ours);
        WritePeer(peer);
        if (!Cells(ours).SequenceEqual(Cells(peer)))
            throw new InvalidOperationException("The two files do not say the same, so the times mean nothing.");
    }

    [Benchmark]
    public Task Ours() => WriteOursAsync(Stream.Null);

    [Benchmark]
    public void Peer() => WritePeer(Stream.Null);

    private static Task<ExportProgress> WriteOursAsync(Stream stream) => new RowExporter().ExportAsync(
        s_view, new CsvFormat(Seller.Collection.Schema), new StreamExportSink(stream), progress: null, CancellationToken.None);

    private static void WritePeer(Stream stream)
    {
        using var csv = CsvWriter.Create(stream, SellerCsv.Options, leaveOpen: true);
        csv.WriteRecords(SellersData.Rows);
    }

    private static IEnumerable<string> Cells(MemoryStream file)
    {
        using var csv = CsvReader.FromText(Encoding.UTF8.GetString(file.ToArray()));
        while (csv.Read())
        {
            for (var i = 0; i < csv.FieldCount; i++)
                yield return csv.GetString(i);
        }
    }
}

/// <summary>How CsvHelper writes a seller: its code is generated, and its text safe against formulas as ours is.</summary>
[CsvRecordMap(typeof(Seller))]
internal sealed partial class SellerCsv
{
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static CsvWriterOptions Options { get; } =
        CsvWriterOptions.Default with { Injection = CsvInjection.Escape, TrueValue = "true", FalseValue = "false" };

    [CsvFormat(Instant)]
    public DateTimeOffset CreatedAt { get; set; }

    [CsvFormat(Instant)]
    public DateTimeOffset UpdatedAt { get; set; }
}
