using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using Collection.Sync.Abstractions;
using Sellers.Contracts;

namespace Collection.Benchmarks.Dotnet;

/// <summary>Every row of the table from bytes into a record: our codec, and System.Text.Json with generated code.</summary>
public sealed class RowDecode
{
    private static byte[][] s_packed = [];
    private static byte[][] s_json = [];

    public static Task PrepareAsync()
    {
        s_packed = [.. SellersData.Rows.Select(Pack)];
        s_json = [.. SellersData.Rows.Select(row => JsonSerializer.SerializeToUtf8Bytes(row, SellerJson.Default.Seller))];
        var benchmark = new RowDecode();
        return benchmark.Ours().SequenceEqual(SellersData.Rows) && benchmark.Peer().SequenceEqual(SellersData.Rows)
            ? Task.CompletedTask
            : throw new InvalidOperationException("Decoded rows are not the rows that were encoded, so the times mean nothing.");
    }

    [Benchmark]
    public Seller[] Ours() => Array.ConvertAll(s_packed, static bytes =>
    {
        var reader = new MessagePackReader(bytes);
        return Seller.Collection.Codec.Read(ref reader);
    });

    [Benchmark]
    public Seller[] Peer() => Array.ConvertAll(s_json, static bytes => JsonSerializer.Deserialize(bytes, SellerJson.Default.Seller)!);

    private static byte[] Pack(Seller row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        Seller.Collection.Codec.Write(ref writer, row);
        return buffer.WrittenSpan.ToArray();
    }
}

[JsonSerializable(typeof(Seller))]
internal sealed partial class SellerJson : JsonSerializerContext;
