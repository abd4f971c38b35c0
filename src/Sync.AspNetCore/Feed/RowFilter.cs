using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// A condition in SQL that a table's rows meet, such as <c>new RowFilter("owner = @owner", ("owner", user))</c>. It may
/// only look at the row itself: a change elsewhere would let rows come and go without anybody noticing. Two filters
/// with the same SQL and values are equal. Immutable.
/// </summary>
public sealed partial class RowFilter : IEquatable<RowFilter>
{
    private readonly string _identity;

    /// <summary>Makes a filter.</summary>
    /// <param name="sql">The condition. Values stand in it as <c>@name</c>, never as text.</param>
    /// <param name="parameters">The values by name, without the <c>@</c>: each a string, a long, an int or a bool.</param>
    /// <exception cref="ArgumentException">A value is missing, not used, or of another type.</exception>
    public RowFilter(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        Sql = sql;
        Parameters = [.. parameters];
        var used = Names().Matches(sql).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        if (!used.SetEquals(Parameters.Select(p => p.Name)) || used.Count != Parameters.Length)
            throw new ArgumentException($"The filter '{sql}' uses the values {string.Join(", ", used)}, but was given {string.Join(", ", Parameters.Select(p => p.Name))}.", nameof(parameters));
        if (Parameters.FirstOrDefault(p => p.Value is not (string or long or int or bool)) is { Name: not null } other)
            throw new ArgumentException($"The value '{other.Name}' of the filter '{sql}' is a {other.Value?.GetType().Name ?? "null"}: use a string, a long, an int or a bool.", nameof(parameters));
        if (Parameters.FirstOrDefault(p => p.Value is string text && text.Contains('\0', StringComparison.Ordinal)) is { Name: not null } bad)
            throw new ArgumentException($"The value '{bad.Name}' of the filter '{sql}' holds the character NUL, which databases do not keep.", nameof(parameters));
        _identity = Identity();
        Hash = _identity.Aggregate(14695981039346656037UL, (hash, c) => unchecked((hash ^ c) * 1099511628211UL));
    }

    /// <summary>The condition.</summary>
    public string Sql { get; }

    /// <summary>The values in it, by name.</summary>
    public ImmutableArray<(string Name, object Value)> Parameters { get; }

    /// <summary>64 bits (FNV-1a) over condition and values; a cursor made under one filter is not good under another.</summary>
    public ulong Hash { get; }

    /// <inheritdoc/>
    public bool Equals(RowFilter? other) => other is not null && other._identity == _identity;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RowFilter);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>The condition with the values themselves in it, written by <paramref name="literal"/>.</summary>
    internal string Inline(Func<object, string> literal) =>
        Names().Replace(Sql, match => literal(Parameters.Single(p => p.Name == match.Groups[1].Value).Value));

    /// <summary>The condition with other names for the values.</summary>
    internal string Named(Func<RowFilter, string, string> name) => Names().Replace(Sql, match => name(this, match.Groups[1].Value));

    // Lengths keep one value from running into the next.
    private string Identity()
    {
        var text = new StringBuilder(Sql);
        foreach (var (name, value) in Parameters)
        {
            var written = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            text.Append(CultureInfo.InvariantCulture, $"\n{name}:{value.GetType().Name}:{written.Length}:{written}");
        }

        return text.ToString();
    }

    [GeneratedRegex("@([a-z][a-z0-9_]*)")]
    private static partial Regex Names();
}
