using System.Collections.Immutable;

namespace Collection.Export.Streaming;

/// <summary>How comma-separated values are written. The defaults are RFC 4180 in UTF-8, safe to open in a spreadsheet.</summary>
public sealed record CsvOptions
{
    /// <summary>The names of the fields to write, in this order, each at most once; empty for all fields in the order of the schema.</summary>
    public ImmutableArray<string> Columns { get; init; } = [];

    /// <summary>Whether the first line holds the names of the fields.</summary>
    public bool Header { get; init; } = true;

    /// <summary>What separates cells: comma, semicolon, tab or vertical bar.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>What ends each line, the last one included: CR LF, as RFC 4180 has it, or LF.</summary>
    public string NewLine { get; init; } = "\r\n";

    /// <summary>Whether the file starts with the UTF-8 mark, without which Excel takes a file that it opens directly for another encoding.</summary>
    public bool ByteOrderMark { get; init; }

    /// <summary>
    /// Whether a text that starts with <c>= + - @</c>, TAB, CR or NUL gets an apostrophe before it, so that no
    /// spreadsheet takes it for a formula (OWASP ASVS 1.2.10). Only text is touched: negative numbers stay numbers.
    /// Turn it off for files that programs read and people do not open.
    /// </summary>
    public bool FormulaPrefix { get; init; } = true;
}
