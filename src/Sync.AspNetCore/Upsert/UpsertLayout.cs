using System.Collections.Immutable;
using System.Text;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>An <see cref="UpsertTable{T}"/> without its rows' type: what SQL is made from.</summary>
internal sealed class UpsertLayout
{
    /// <exception cref="ArgumentException">A name or a combination is not allowed.</exception>
    public UpsertLayout(string name, ImmutableArray<UpsertField> fields)
    {
        if (!SyncedTable.IsName(name) || name.StartsWith("sqlite_", StringComparison.Ordinal) || name.StartsWith("sync_", StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' cannot be a table to upsert into: use 1 to 63 of a-z, 0-9 and _, starting with a letter, and neither sync_ nor sqlite_ in front.", nameof(name));
        foreach (var field in fields)
            Check(name, field);
        if (fields.GroupBy(field => field.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The upsert into '{name}' names the column '{twice.Key}' twice.", nameof(fields));
        Name = name;
        Fields = fields;
        Keys = [.. Enumerable.Range(0, fields.Length).Where(i => fields[i].Rule == UpsertRule.Key)];
        if (Keys.IsEmpty)
            throw new ArgumentException($"The upsert into '{name}' has no key: name the columns that tell rows apart, with UpsertRule.Key.", nameof(fields));
    }

    /// <summary>The table. Safe within quoted SQL, as are the names of the fields.</summary>
    public string Name { get; }

    public ImmutableArray<UpsertField> Fields { get; }

    /// <summary>The positions of the keys in <see cref="Fields"/>.</summary>
    public ImmutableArray<int> Keys { get; }

    /// <summary>The fields that a known row may change in.</summary>
    public IEnumerable<UpsertField> Changing => Fields.Where(column => column.Rule is UpsertRule.Replace or UpsertRule.Add);

    /// <summary>The names of all columns, or those of the keys, quoted, with commas.</summary>
    public string Names(bool keysOnly = false) =>
        string.Join(", ", Fields.Where(field => !keysOnly || field.Rule == UpsertRule.Key).Select(field => $"\"{field.Name}\""));

    private static void Check(string table, UpsertField field)
    {
        var what = $"Column '{field.Name}' of the upsert into '{table}'";
        if (field.Name is null || !SyncedTable.IsName(field.Name))
            throw new ArgumentException($"{what} has a name that is not allowed: use 1 to 63 of a-z, 0-9 and _, starting with a letter.", nameof(field));
        if (field.Name is "sync_xid" or "sync_seq")
            throw new ArgumentException($"{what} is set by sync itself: leave it out.", nameof(field));
        if (!Enum.IsDefined(field.Kind) || !Enum.IsDefined(field.Rule))
            throw new ArgumentException($"{what} has the kind {field.Kind} and the rule {field.Rule}, one of which does not exist.", nameof(field));
        if (field.IsNullable && field.Rule is UpsertRule.Key or UpsertRule.Add)
            throw new ArgumentException($"{what} is nullable, which a {(field.Rule == UpsertRule.Key ? "key" : "sum")} cannot be: a missing value is equal to nothing, and adds up to nothing.", nameof(field));
        if (field.Rule == UpsertRule.Key && field.Kind == FieldKind.Double)
            throw new ArgumentException($"{what} is a key, and a double: two that look equal may not be. Use another kind.", nameof(field));
        if (field.Rule == UpsertRule.Add && field.Kind is not (FieldKind.Int32 or FieldKind.Int64))
            throw new ArgumentException($"{what} is a sum, which is Int32 or Int64, and not {field.Kind}.", nameof(field));
    }
}

/// <summary>One column of an <see cref="UpsertLayout"/>.</summary>
internal sealed record UpsertField(string Name, FieldKind Kind, UpsertRule Rule, bool IsNullable)
{
    /// <summary>Where a sum stops below.</summary>
    public long LeastSum => Kind == FieldKind.Int32 ? int.MinValue : -RowKey.MaxMagnitude;

    /// <summary>Where a sum stops above.</summary>
    public long GreatestSum => Kind == FieldKind.Int32 ? int.MaxValue : RowKey.MaxMagnitude;

    /// <summary>Adds up two values, as far as the kind goes.</summary>
    public object Add(object a, object b) => Kind == FieldKind.Int32
        ? (object)(int)Math.Clamp((long)(int)a + (int)b, LeastSum, GreatestSum)
        : Math.Clamp((long)a + (long)b, LeastSum, GreatestSum);

    /// <summary>A value as the one type of its kind: bool, int, long, double, string; a long for an instant.</summary>
    /// <exception cref="ArgumentException">It is none of the column's. The message does not quote it.</exception>
    public object? Check(object? value) => (Kind, value) switch
    {
        (_, null) => IsNullable ? null : throw new ArgumentException("the value is missing."),
        (FieldKind.Boolean, bool) or (FieldKind.Int32, int) => value,
        (FieldKind.Int64, int number) => (long)number,
        (FieldKind.Int64, long number) => InRange(number),
        (FieldKind.Timestamp, long microseconds) => InRange(microseconds),
        (FieldKind.Timestamp, DateTimeOffset instant) => InRange(Microseconds.From(instant)),
        (FieldKind.Double, double number) => double.IsNaN(number) ? throw new ArgumentException("the value is NaN, which databases do not agree about.") : value,
        (FieldKind.Text, string text) => Storable(text),
        _ => throw new ArgumentException($"the value is a {value.GetType().Name}, and the column of kind {Kind}."),
    };

    private static long InRange(long number) =>
        number is >= -RowKey.MaxMagnitude and <= RowKey.MaxMagnitude ? number : throw new ArgumentException("the value lies beyond 2^53 - 1, which a JavaScript number does not hold exactly.");

    private static string Storable(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("the text holds the character NUL, which databases do not keep.");
        for (var at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(at), out _, out var length) != System.Buffers.OperationStatus.Done)
                throw new ArgumentException("the text holds half of a surrogate pair, which is no character.");
            at += length;
        }

        return text;
    }
}
