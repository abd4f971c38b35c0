using Collection.Sync.Abstractions;

namespace Collection.Sync.Engine;

/// <summary>
/// Watches the pages of one pull for what no sync server does: another collection's rows, pages without end, a feed
/// that goes in circles. Looks at headers alone and remembers two cursors, however long the feed is.
/// </summary>
internal sealed class FeedGuard(CollectionSchema schema, SyncOptions options, SyncCursor? start, long? epoch)
{
    private long? _epoch = epoch;

    // Brent's cycle detection: the feed is compared with one earlier cursor, which moves on after 1, 2, 4, 8... pages.
    private SyncCursor? _landmark = start;
    private long _pagesSinceLandmark;
    private long _pagesToNextLandmark = 1;
    private int _emptyPages;

    /// <summary>Reads and checks the header of the page that was pulled after <paramref name="after"/>.</summary>
    /// <exception cref="PageFormatException">The bytes are not a page.</exception>
    /// <exception cref="SyncTransportException">The page is well formed, but cannot be the answer.</exception>
    public PageHeader Check(byte[] page, SyncCursor? after)
    {
        if (page.Length > options.MaxPageBytes)
            throw Fault($"sent a page of {page.Length} bytes, where {options.PageBytes} were asked for and {options.MaxPageBytes} are accepted");
        var header = PageHeader.Read(page);
        if (header.SchemaHash != schema.Hash)
            throw Fault($"sent rows of schema {header.SchemaHash:x16}, where {schema.Hash:x16} is known here: client and server are of different versions. Reload the app");
        if (_epoch is { } known && known != header.Epoch)
            throw Fault($"sent a page of epoch {header.Epoch} after a cursor of epoch {known}");
        _epoch = header.Epoch;
        if (header.More)
            CheckProgress(header, after);
        return header;
    }

    private void CheckProgress(PageHeader header, SyncCursor? after)
    {
        var isEmpty = header.UpsertCount + header.DeleteCount == 0;
        _emptyPages = isEmpty ? _emptyPages + 1 : 0;
        if (_emptyPages > options.MaxEmptyPages)
            throw Fault($"sent {_emptyPages} empty pages in a row and says that more is to come");
        if (header.Next == after || header.Next == _landmark)
            throw Fault("says that more is to come, but its cursor has come back to where it was");
        if (++_pagesSinceLandmark < _pagesToNextLandmark)
            return;
        _landmark = header.Next;
        _pagesSinceLandmark = 0;
        _pagesToNextLandmark *= 2;
    }

    private SyncTransportException Fault(string what) =>
        new(SyncFailure.Protocol, $"The server of '{schema.Name}' {what}. If it happens again, tell whoever runs the server.");
}
