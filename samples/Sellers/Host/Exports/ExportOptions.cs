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

    /// <summary>
    /// The number of rows from which a page offers this in place of its own export: two or three seconds of a page
    /// that has to stay open, by the measured 0.6 s for 100,000 rows and 7 to 11 s for 1,000,000.
    /// </summary>
    public int OfferFrom { get; set; } = 250_000;

    public bool IsValid => MaxPerPerson > 0 && MaxAtOnce > 0 && OfferFrom > 0 && KeepFor > TimeSpan.Zero;
}
