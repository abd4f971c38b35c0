using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Collection.Export.Streaming;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>
/// Every row of the table as an array of JSON, all fields: ours from the rows as a store returns them, Utf8JsonWriter by
/// hand, with names encoded beforehand, from records that are there already.
/// </summary>
public sealed class JsonExport
{
    private const int FlushBytes = 128 * 1024;
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly JsonEncodedText[] s_names = [.. Seller.Collection.Schema.Fields.Select(field => JsonEncodedText.Encode(field.Name))];
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static MemoryView s_view = new([]);

    public static async Task PrepareAsync()
    {
        s_view = new MemoryView(SellersData.Rows);
        using var ours = new MemoryStream();
        using var peer = new MemoryStream();
        await WriteOursAsync(ours);
        WritePeer(peer);
        using var read = JsonDocument.Parse(ours.ToArray());
        using var expected = JsonDocument.Parse(peer.ToArray());
        if (!JsonElement.DeepEquals(read.RootElement, expected.RootElement))
            throw new InvalidOperationException("The two files do not say the same, so the times mean nothing.");
    }

    [Benchmark]
    public Task Ours() => WriteOursAsync(Stream.Null);

    [Benchmark]
    public void Peer() => WritePeer(Stream.Null);

    private static Task<ExportProgress> WriteOursAsync(Stream stream) => new RowExporter().ExportAsync(
        s_view, new JsonFormat(Seller.Collection.Schema), new StreamExportSink(stream), progress: null, CancellationToken.None);

    private static void WritePeer(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, s_options);
        Span<byte> instant = stackalloc byte[32];
        json.WriteStartArray();
        foreach (var row in SellersData.Rows)
        {
            json.WriteStartObject();
            json.WriteNumber(s_names[0], row.Id);
            json.WriteString(s_names[1], row.DisplayName);
            json.WriteString(s_names[2], row.NormalizedName);
            json.WriteString(s_names[3], row.Platform);
            json.WriteNumber(s_names[4], row.TimesSeen);
            if (row.FeedbackPercent is { } percent)
                json.WriteNumber(s_names[5], percent);
            else
                json.WriteNull(s_names[5]);
            json.WriteNumber(s_names[6], row.FeedbackCount);
            json.WriteBoolean(s_names[7], row.Flagged);
            json.WriteString(s_names[8], row.PlatformId);
            json.WriteString(s_names[9], Format(row.CreatedAt, instant));
            json.WriteString(s_names[10], Format(row.UpdatedAt, instant));
            if (row.LastSeenRunId is { } run)
                json.WriteNumber(s_names[11], run);
            else
                json.WriteNull(s_names[11]);
            json.WriteEndObject();
            if (json.BytesPending >= FlushBytes)
                json.Flush();
        }

        json.WriteEndArray();
    }

    private static ReadOnlySpan<byte> Format(DateTimeOffset value, Span<byte> output)
    {
        value.UtcDateTime.TryFormat(output, out var written, Instant, CultureInfo.InvariantCulture);
        return output[..written];
    }
}
