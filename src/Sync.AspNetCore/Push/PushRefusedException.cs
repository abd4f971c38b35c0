namespace Collection.Sync.AspNetCore;

/// <summary>A batch of edits is not taken; nothing of it was applied.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="reason">The reason for programs.</param>
/// <param name="message">What is wrong, and what to do.</param>
internal sealed class PushRefusedException(int status, string reason, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Reason { get; } = reason;

    /// <summary>The mutation at fault, if it is one.</summary>
    public long? MutationId { get; init; }

    /// <summary>How far the client's mutations have been taken, where that is the trouble.</summary>
    public long? LastId { get; init; }
}
