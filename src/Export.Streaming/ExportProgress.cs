namespace Collection.Export.Streaming;

/// <summary>How far an export has come.</summary>
/// <param name="Rows">Rows written so far.</param>
/// <param name="TotalRows">Rows in all, exactly.</param>
/// <param name="Bytes">Bytes that the sink has taken so far.</param>
/// <param name="Elapsed">The time since the export began.</param>
public readonly record struct ExportProgress(int Rows, int TotalRows, long Bytes, TimeSpan Elapsed)
{
    /// <summary>Rows per second so far; 0 before the clock has moved.</summary>
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? Rows / Elapsed.TotalSeconds : 0;

    /// <summary>The time left at the rate so far; null while there is no rate.</summary>
    public TimeSpan? TimeLeft => RowsPerSecond > 0 ? TimeSpan.FromSeconds((TotalRows - Rows) / RowsPerSecond) : null;
}
