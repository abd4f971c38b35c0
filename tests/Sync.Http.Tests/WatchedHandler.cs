namespace Collection.Sync.Http.Tests;

/// <summary>Tells the test that the transport has come back for more of the body, and so has dealt with what it had.</summary>
internal sealed class WatchedHandler(SemaphoreSlim dealtWith) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var body = new WatchedStream(await response.Content.ReadAsStreamAsync(cancellationToken), dealtWith);
        var content = new StreamContent(body);
        content.Headers.ContentType = response.Content.Headers.ContentType;
        response.Content = content;
        return response;
    }

    private sealed class WatchedStream(Stream inner, SemaphoreSlim dealtWith) : Stream
    {
        private bool _hasRead;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_hasRead)
                dealtWith.Release();
            var read = await inner.ReadAsync(buffer, cancellationToken);
            _hasRead = true;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
