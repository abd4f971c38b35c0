namespace Collection.Simulation;

/// <summary>A promise was broken.</summary>
/// <param name="invariant">Its name.</param>
/// <param name="message">How.</param>
internal sealed class InvariantException(string invariant, string message) : Exception($"{invariant}: {message}")
{
    public string Invariant => invariant;
}
