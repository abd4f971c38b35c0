using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http.Tests;

/// <summary>A collection with a field of every kind, and edits of it.</summary>
internal static class Items
{
    public static readonly CollectionSchema Schema = new(
        "items",
        [
            new("id", FieldKind.Int64) { IsKey = true },
            new("name", FieldKind.Text) { IsIndexed = true, IsSearchable = true },
            new("note", FieldKind.Text) { IsNullable = true },
            new("done", FieldKind.Boolean) { IsIndexed = true },
            new("count", FieldKind.Int32) { IsIndexed = true },
            new("size", FieldKind.Int64) { IsNullable = true },
            new("weight", FieldKind.Double) { IsNullable = true },
            new("made_at", FieldKind.Timestamp) { IsIndexed = true },
        ]);

    public static readonly DateTimeOffset MadeAt = new DateTimeOffset(2026, 1, 31, 13, 0, 0, TimeSpan.FromHours(1)).AddTicks(1234567);

    public static FieldValues Values(params ReadOnlySpan<(string Field, object? Value)> values) => FieldValues.Of(Schema, values);

    public static FieldValues Encoded(string field, params byte[] value) => new([new(field, value)]);

    /// <summary>Values as text, which says where two differ.</summary>
    public static string Say(FieldValues values) => string.Join(", ", values.Select(value => $"{value.Key} {Convert.ToHexString(value.Value.Span)}"));

    public static RowEdit Edit(long key, params ReadOnlySpan<(string Field, object? Value)> values) => new(new RowKey(key), Values(values));

    public static OutboxBatch Batch(long firstId, params RowEdit[] edits) => Batch("client-1", firstId, edits);

    public static OutboxBatch Batch(string clientId, long firstId, params RowEdit[] edits) =>
        new(clientId, [.. edits.Select((edit, i) => new Mutation(firstId + i, edit, MadeAt))]);
}

/// <summary>Answers every request as it is told, without a network.</summary>
internal sealed class CannedHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public int Count { get; private set; }

    public static HttpSyncTransport Transport(Func<HttpRequestMessage, HttpResponseMessage> answer, HttpSyncOptions? options = null) =>
        new(new HttpClient(new CannedHandler(answer)) { BaseAddress = new Uri("http://canned/") }, options);

    public static HttpResponseMessage Of(int status, string? type, byte[] body) => Of(status, type, new MemoryStream(body));

    public static HttpResponseMessage Of(int status, string? type, string body) => Of(status, type, Encoding.UTF8.GetBytes(body));

    public static HttpResponseMessage Of(int status, string? type, Stream body)
    {
        var content = new StreamContent(body);
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return new HttpResponseMessage((HttpStatusCode)status) { Content = content };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Count++;
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(answer(request));
    }
}

/// <summary>Hands bytes out in pieces, and counts them; it may begin again at the end for ever.</summary>
internal sealed class PiecewiseStream(byte[] bytes, Func<int> nextLength, bool isEndless = false) : Stream
{
    private int _position;

    public long Taken { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (isEndless && _position == bytes.Length)
            _position = 0;
        var length = Math.Min(Math.Min(nextLength(), buffer.Length), bytes.Length - _position);
        bytes.AsMemory(_position, length).CopyTo(buffer);
        _position += length;
        Taken += length;
        return ValueTask.FromResult(length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();
}
