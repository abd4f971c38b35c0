namespace Collection.Grid.Blazor;

/// <summary>What the head of a grid says, in English unless set otherwise. Placeholders are those of <see cref="string.Format(string, object?)"/>.</summary>
public sealed record GridTexts
{
    /// <summary>The button for columns, and its panel.</summary>
    public string Columns { get; init; } = "Columns";

    /// <summary>Shows all columns as they were made.</summary>
    public string ResetColumns { get; init; } = "Reset columns";

    /// <summary>Moves a column towards the start: {0} is its title.</summary>
    public string MoveEarlier { get; init; } = "Move {0} earlier";

    /// <summary>Moves a column towards the end: {0} is its title.</summary>
    public string MoveLater { get; init; } = "Move {0} later";

    /// <summary>Announces where a column is now: {0} is its title, {1} its place, {2} how many there are.</summary>
    public string Moved { get; init; } = "{0}: column {1} of {2}";

    /// <summary>Announces the width of a column: {0} is its title, {1} CSS pixels.</summary>
    public string Resized { get; init; } = "{0}: {1} pixels wide";

    /// <summary>Announces that a column has been hidden: {0} is its title.</summary>
    public string Hidden { get; init; } = "{0} is hidden";

    /// <summary>Announces the order of rows: {0} lists columns and directions.</summary>
    public string SortedBy { get; init; } = "Sorted by {0}";

    /// <summary>Announces that rows are in their own order.</summary>
    public string NotSorted { get; init; } = "Not sorted";

    /// <summary>From the smallest value on: {0} is the title of the column.</summary>
    public string Ascending { get; init; } = "{0} ascending";

    /// <summary>From the largest value on: {0} is the title of the column.</summary>
    public string Descending { get; init; } = "{0} descending";

    /// <summary>The button and the panel for a column's filter: {0} is its title.</summary>
    public string Filter { get; init; } = "Filter {0}";

    /// <summary>Takes a column's filter off, in its panel.</summary>
    public string ClearFilter { get; init; } = "Clear filter";

    /// <summary>Takes a column's filter off: {0} is its title.</summary>
    public string ClearFilterOf { get; init; } = "Clear the filter on {0}";

    /// <summary>Takes the filters of all columns off.</summary>
    public string ClearFilters { get; init; } = "Clear filters";

    /// <summary>The list of filters in force.</summary>
    public string Filters { get; init; } = "Filters";

    /// <summary>Text that contains what is put in.</summary>
    public string Contains { get; init; } = "contains";

    /// <summary>Text that begins with what is put in.</summary>
    public string BeginsWith { get; init; } = "begins with";

    /// <summary>The filter in force: {0} is the text.</summary>
    public string ContainsText { get; init; } = "contains “{0}”";

    /// <summary>The filter in force: {0} is the text.</summary>
    public string BeginsWithText { get; init; } = "begins with “{0}”";

    /// <summary>The text to look for.</summary>
    public string Text { get; init; } = "Text";

    /// <summary>The smallest number, or the first day.</summary>
    public string From { get; init; } = "From";

    /// <summary>The largest number, or the last day.</summary>
    public string To { get; init; } = "To";

    /// <summary>The filter in force: {0} is the smallest, {1} the largest value.</summary>
    public string Between { get; init; } = "{0} – {1}";

    /// <summary>The filter in force: {0} is the smallest value.</summary>
    public string AtLeast { get; init; } = "from {0}";

    /// <summary>The filter in force: {0} is the largest value.</summary>
    public string AtMost { get; init; } = "up to {0}";

    /// <summary>No condition.</summary>
    public string Any { get; init; } = "Any";

    /// <summary>True.</summary>
    public string Yes { get; init; } = "Yes";

    /// <summary>False.</summary>
    public string No { get; init; } = "No";

    /// <summary>A missing value.</summary>
    public string NoValue { get; init; } = "no value";

    /// <summary>There are no values to choose from.</summary>
    public string NoChoices { get; init; } = "There are no values yet.";

    /// <summary>The values to choose from could not be read: {0} says why.</summary>
    public string ChoicesFailed { get; init; } = "The values could not be read. {0}";

    /// <summary>{0} should have been a number.</summary>
    public string NotANumber { get; init; } = "“{0}” is not a number.";

    /// <summary>{0} should have been a whole number that a browser can hold.</summary>
    public string NotAWholeNumber { get; init; } = "“{0}” is not a whole number.";

    /// <summary>{0} should have been a day.</summary>
    public string NotADay { get; init; } = "“{0}” is not a day from the year 1000 to 9998.";

    /// <summary>The first value is larger than the second.</summary>
    public string FromAfterTo { get; init; } = "The first value is larger than the second: nothing lies between them.";
}
