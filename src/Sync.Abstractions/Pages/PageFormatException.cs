namespace Collection.Sync.Abstractions;

/// <summary>A part of a page, as errors name it.</summary>
public enum PagePart
{
    /// <summary>The 64 bytes at the start.</summary>
    Header,

    /// <summary>The cursor after the page.</summary>
    Cursor,

    /// <summary>The keys of upserted and deleted rows.</summary>
    Keys,

    /// <summary>The versions of upserted and deleted rows.</summary>
    Versions,

    /// <summary>The column of an indexed field.</summary>
    Column,

    /// <summary>The encoded rows.</summary>
    Rows,
}

/// <summary>Bytes are not a page of the collection. Nothing of such a page is used.</summary>
public sealed class PageFormatException : FormatException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="part">The part of the page that is at fault.</param>
    /// <param name="offset">The place, in bytes from the start of the page.</param>
    /// <param name="message">What was expected and what was found.</param>
    public PageFormatException(PagePart part, long offset, string message)
        : base($"Malformed page at byte {offset} ({part}): {message}")
    {
        Part = part;
        Offset = offset;
    }

    /// <summary>The part of the page that is at fault.</summary>
    public PagePart Part { get; }

    /// <summary>The place, in bytes from the start of the page.</summary>
    public long Offset { get; }
}
