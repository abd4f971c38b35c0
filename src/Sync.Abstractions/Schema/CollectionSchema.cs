using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Serialization;

namespace Collection.Sync.Abstractions;

/// <summary>The direction of an order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SortDirection>))]
public enum SortDirection
{
    /// <summary>Smallest first; missing values before all others.</summary>
    Ascending,

    /// <summary>Largest first; missing values after all others.</summary>
    Descending,
}

/// <summary>
/// What a collection's rows look like: the fields in the order in which rows are encoded, the key, and the order in
/// which a first sync delivers rows. Immutable; server and client must agree on it, and <see cref="Hash"/> is how they
/// notice that they do not.
/// </summary>
public sealed class CollectionSchema
{
    /// <summary>The largest number of fields in a collection.</summary>
    public const int MaxFields = 64;

    private readonly Dictionary<string, int> _indexByName;

    /// <summary>Makes a schema.</summary>
    /// <param name="name">The collection's name, as it stands in URLs; the same rule as a field's name.</param>
    /// <param name="fields">1 to 64 fields in row order, exactly one of them the key.</param>
    /// <param name="keyOrder">
    /// The order of keys in which a first sync delivers rows and in which unsorted views show them. Choose the one in
    /// which people see what they look for first: descending for "newest first".
    /// </param>
    /// <exception cref="ArgumentException">A name or a combination is not allowed; the message says which.</exception>
    public CollectionSchema(string name, IEnumerable<FieldSchema> fields, SortDirection keyOrder = SortDirection.Ascending)
    {
        ArgumentNullException.ThrowIfNull(fields);
        CheckName(name, nameof(name));
        Name = name;
        KeyOrder = keyOrder;
        Fields = [.. fields];
        _indexByName = new Dictionary<string, int>(Fields.Length, StringComparer.Ordinal);
        if (Fields.Length is 0 or > MaxFields)
            throw new ArgumentException($"Collection '{name}' has {Fields.Length} fields; a collection has 1 to {MaxFields}.", nameof(fields));

        KeyIndex = -1;
        for (var i = 0; i < Fields.Length; i++)
        {
            var field = Fields[i];
            CheckField(name, field);
            if (!_indexByName.TryAdd(field.Name, i))
                throw new ArgumentException($"Collection '{name}' names the field '{field.Name}' twice.", nameof(fields));
            if (field.IsKey && KeyIndex >= 0)
                throw new ArgumentException($"Collection '{name}' has two keys, '{Fields[KeyIndex].Name}' and '{field.Name}'; it needs one.", nameof(fields));
            if (field.IsKey)
                KeyIndex = i;
        }

        if (KeyIndex < 0)
            throw new ArgumentException($"Collection '{name}' has no key: mark one field with IsKey.", nameof(fields));
        IndexedFields = [.. Enumerable.Range(0, Fields.Length).Where(i => Fields[i].IsIndexed)];
        Hash = ComputeHash();
    }

    /// <summary>The collection's name.</summary>
    public string Name { get; }

    /// <summary>The fields, in the order in which a row's values are encoded.</summary>
    public ImmutableArray<FieldSchema> Fields { get; }

    /// <summary>The position of the key in <see cref="Fields"/>.</summary>
    public int KeyIndex { get; }

    /// <summary>The key field.</summary>
    public FieldSchema Key => Fields[KeyIndex];

    /// <summary>The order of rows in a first sync and in a view without a sort.</summary>
    public SortDirection KeyOrder { get; }

    /// <summary>The positions in <see cref="Fields"/> of the indexed fields, ascending: the columns of a page, in their order.</summary>
    public ImmutableArray<int> IndexedFields { get; }

    /// <summary>
    /// 64 bits (FNV-1a) over everything that decides how rows and pages are laid out. Data written under one hash is
    /// never read under another.
    /// </summary>
    public ulong Hash { get; }

    /// <summary>The position of a field in <see cref="Fields"/>.</summary>
    /// <exception cref="ArgumentException">The collection has no such field.</exception>
    public int IndexOf(string fieldName) =>
        _indexByName.TryGetValue(fieldName, out var index)
            ? index
            : throw new ArgumentException(
                $"Collection '{Name}' has no field '{fieldName}'; it has {string.Join(", ", Fields.Select(f => f.Name))}.", nameof(fieldName));

    /// <summary>Checks that a key is one that rows of the collection have.</summary>
    /// <exception cref="ArgumentException">It is of another kind.</exception>
    public void CheckKey(RowKey key)
    {
        if (key.Kind != Key.Kind)
            throw new ArgumentException($"The key of '{Name}' is of kind {Key.Kind}, and the one given is a {key.Kind}: it is no key of this collection.", nameof(key));
    }

    private static void CheckField(string collection, FieldSchema field)
    {
        CheckName(field.Name, "fields");
        var what = $"Field '{field.Name}' of collection '{collection}'";
        if (!Enum.IsDefined(field.Kind))
            throw new ArgumentException($"{what} has the unknown kind {(int)field.Kind}.", nameof(field));
        if (field.IsKey && (field.Kind is not (FieldKind.Int64 or FieldKind.Text or FieldKind.Guid) || field.IsNullable || field.IsIndexed))
            throw new ArgumentException($"{what} is the key, which is a plain Int64, Text or Guid: not nullable, and not marked as indexed, since every key is.", nameof(field));
        if (field.Kind == FieldKind.Guid && !field.IsKey)
            throw new ArgumentException($"{what} is a Guid, and only keys are: make it Text.", nameof(field));
        if (field.IsSearchable && (field.Kind != FieldKind.Text || !field.IsIndexed))
            throw new ArgumentException($"{what} is searchable, so it has to be text and indexed.", nameof(field));
    }

    private static void CheckName(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        var valid = name.Length is > 0 and < 64 && char.IsAsciiLetterLower(name[0])
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        if (!valid)
            throw new ArgumentException($"'{name}' is not a name: use 1 to 63 of a-z, 0-9 and _, starting with a letter.", parameter);
    }

    private ulong ComputeHash()
    {
        var text = new StringBuilder("1;").Append(Name).Append(';').Append(KeyOrder == SortDirection.Ascending ? 'a' : 'd');
        foreach (var field in Fields)
        {
            text.Append(';').Append(field.Name).Append(':').Append((int)field.Kind);
            text.Append(field.IsKey ? "k" : "").Append(field.IsNullable ? "n" : "");
            text.Append(field.IsIndexed ? "i" : "").Append(field.IsSearchable ? "s" : "");
        }

        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text.ToString()))
            hash = unchecked((hash ^ b) * 1099511628211UL);
        return hash;
    }
}
