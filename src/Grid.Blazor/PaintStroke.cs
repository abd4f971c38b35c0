namespace Collection.Grid.Blazor;

/// <summary>Rows that a person has drawn over in one go, to give all of them the same value: one edit, and one to take back.</summary>
/// <typeparam name="TRow">The type of a row.</typeparam>
/// <param name="Rows">The rows, at least one, the one that the stroke began at first.</param>
/// <param name="Value">The value: the opposite of what the first row had.</param>
public sealed record PaintStroke<TRow>(IReadOnlyList<TRow> Rows, bool Value);
