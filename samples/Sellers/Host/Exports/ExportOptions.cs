namespace Sellers.Host.Exports;

/// <summary>The bounds of exports by the server, the section <c>Exports</c> of the settings.</summary>
internal sealed class ExportOptions
{
    /// <summary>Exports that one person may have waiting or under way.</summary>
    public int MaxPerPerson { get; set; } = 2;

    /// <summary>Exports that one host writes at a time.</summary>
    public int MaxAtOnce { get; set; } = 2;

    /// <summary>How long a file is kept.</summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromHours(24);

    public bool IsValid => MaxPerPerson > 0 && MaxAtOnce > 0 && KeepFor > TimeSpan.Zero;
}
