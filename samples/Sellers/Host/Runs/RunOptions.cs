namespace Sellers.Host.Runs;

/// <summary>The bounds of collection runs, the section <c>Runs</c> of the settings.</summary>
internal sealed class RunOptions
{
    /// <summary>Runs that one person may have under way.</summary>
    public int MaxPerPerson { get; set; } = 2;

    /// <summary>Runs that may be under way in all, on every host.</summary>
    public int MaxInAll { get; set; } = 8;

    /// <summary>How fast a run finds sellers, as a marketplace would let it; 0 for as fast as it can.</summary>
    public int FindsPerSecond { get; set; } = 100;

    public bool IsValid => MaxPerPerson > 0 && MaxInAll > 0 && FindsPerSecond >= 0;
}
