namespace Collection.Sync.Abstractions;

/// <summary>The type of a field. The number is its code in the page format and never changes.</summary>
public enum FieldKind
{
    /// <summary>True or false. Column: one byte, 0 or 1.</summary>
    Boolean = 1,

    /// <summary>A signed 32-bit integer. Column: 4 bytes.</summary>
    Int32 = 2,

    /// <summary>
    /// An integer of magnitude at most 2^53 - 1, which a JavaScript number holds exactly. Column: a 64-bit float.
    /// </summary>
    Int64 = 3,

    /// <summary>A 64-bit float other than NaN. Column: 8 bytes.</summary>
    Double = 4,

    /// <summary>
    /// An instant, as whole microseconds since 1970-01-01T00:00:00Z of magnitude at most 2^53 - 1: the years 1684 to
    /// 2255. Column: a 64-bit float.
    /// </summary>
    Timestamp = 5,

    /// <summary>Unicode text. Rows hold it as it is; a column holds its <see cref="TextFolding">folded</see> form.</summary>
    Text = 6,

    /// <summary>
    /// Sixteen bytes that identify something, in the order in which they are written. Of keys alone; others are kept
    /// as text. (7 is the page format's own.)
    /// </summary>
    Guid = 8,
}

/// <summary>One field of a collection's rows.</summary>
/// <param name="Name">Lower-case letters, digits and underscores; starts with a letter; 1 to 63 characters.</param>
/// <param name="Kind">The type of the field's values.</param>
public sealed record FieldSchema(string Name, FieldKind Kind)
{
    /// <summary>True for the one field that identifies a row. The key is <see cref="FieldKind.Int64"/>, <see cref="FieldKind.Text"/> or <see cref="FieldKind.Guid"/>, and never null.</summary>
    public bool IsKey { get; init; }

    /// <summary>True where a value may be missing.</summary>
    public bool IsNullable { get; init; }

    /// <summary>True where views filter or sort by the field: pages then carry it as a column besides the row.</summary>
    public bool IsIndexed { get; init; }

    /// <summary>True where the search text is looked for in this field. Only indexed text fields are searchable.</summary>
    public bool IsSearchable { get; init; }
}
