namespace Collection.Export.Streaming;

/// <summary>
/// Where the bytes of one export go. Calls come one after another and end with <see cref="CompleteAsync"/>, or with
/// <see cref="AbortAsync"/>, which may also follow a <see cref="CompleteAsync"/> that threw.
/// </summary>
public interface IExportSink
{
    /// <summary>Takes the next bytes. They are the caller's again when the task completes.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes the file available. Only when the task has completed without error is there one.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Gives the file up, so that nothing is left which could be taken for a whole one.</summary>
    ValueTask AbortAsync();
}
