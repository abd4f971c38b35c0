namespace Collection.Sync.AspNetCore;

/// <summary>How far readers are held back by transactions that are still open.</summary>
/// <param name="Transactions">
/// Transactions that have begun since the oldest open one: what they have committed waits. 0 where nothing is open.
/// </param>
/// <param name="Age">How long the oldest open transaction has been writing; zero where nothing is open, or where the database does not tell.</param>
public readonly record struct HorizonLag(long Transactions, TimeSpan Age);
