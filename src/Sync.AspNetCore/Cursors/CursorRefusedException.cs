namespace Collection.Sync.AspNetCore;

/// <summary>Why a cursor is no longer good. In answers it stands as <c>reason</c>, in lower case.</summary>
public enum CursorRefusal
{
    /// <summary>It was not made by this server for this user and this collection, or was changed on the way.</summary>
    Malformed,

    /// <summary>The server's history is another one: a backup was restored, or changes went unnoticed.</summary>
    Epoch,

    /// <summary>The collection's fields have changed.</summary>
    Schema,

    /// <summary>The reader may have other rows now than when the cursor was made.</summary>
    Filter,

    /// <summary>Deletions after this position have been forgotten.</summary>
    Purged,
}

/// <summary>A cursor cannot be continued; the client has to refill from the start.</summary>
/// <param name="reason">Why.</param>
public sealed class CursorRefusedException(CursorRefusal reason) : Exception(Describe(reason))
{
    /// <summary>Why.</summary>
    public CursorRefusal Reason { get; } = reason;

    private static string Describe(CursorRefusal reason) => reason switch
    {
        CursorRefusal.Epoch => "The server's history has changed since this cursor was made.",
        CursorRefusal.Schema => "The collection's fields have changed since this cursor was made.",
        CursorRefusal.Filter => "Other rows are yours to read than when this cursor was made.",
        CursorRefusal.Purged => "This cursor is so old that deletions after it have been forgotten.",
        _ => "The cursor was not made by this server for this user and collection.",
    } + " Start again without a cursor.";
}
