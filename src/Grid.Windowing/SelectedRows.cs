using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// What is selected: the rows of a query, if any, without some keys, and some keys besides. As it is a query itself, a
/// store counts it, sorts it and fixes it for an export in one go.
/// </summary>
internal sealed class SelectedRows(CollectionSchema schema)
{
    private readonly HashSet<RowKey> _besides = [];
    private readonly HashSet<RowKey> _except = [];

    /// <summary>The query whose rows are all selected, but for exceptions; null for none.</summary>
    public ViewQuery? Base { get; private set; }

    /// <summary>The number of keys that are kept.</summary>
    public int KeyCount => _besides.Count + _except.Count;

    /// <summary>True where nothing is selected, whatever the store holds.</summary>
    public bool IsEmpty => Base is null && _besides.Count == 0;

    /// <summary>Whether a key is selected by itself or is an exception; null where that is the base's matter.</summary>
    public bool? Says(RowKey key) => _besides.Contains(key) ? true : _except.Contains(key) || Base is null ? false : null;

    /// <summary>Whether something was said of a key.</summary>
    public bool Names(RowKey key) => _besides.Contains(key) || _except.Contains(key);

    public void Clear(ViewQuery? query)
    {
        _besides.Clear();
        _except.Clear();
        Base = query is null ? null : query with { Sort = [] };
    }

    /// <summary>Selects a key by itself, or makes an exception of it: what is said of a key holds, whatever the base comes to hold.</summary>
    public void Set(RowKey key, bool isSelected)
    {
        (isSelected ? _except : _besides).Remove(key);
        if (isSelected || Base is not null)
            (isSelected ? _besides : _except).Add(key);
    }

    /// <summary>The query that holds exactly these rows.</summary>
    public ViewQuery ToQuery(ImmutableArray<FieldSort> sort)
    {
        if (Base is null)
            return new ViewQuery { Filters = [OneOf(_besides)], Sort = sort };
        var filters = _except.Count == 0 ? Base.Filters : Base.Filters.Add(NoneOf(_except));
        if (_besides.Count == 0)
            return Base with { Filters = filters, Sort = sort };
        if (Base.Search.Length > 0)
            filters = filters.Add(new ContainsFilter([.. schema.Fields.Where(field => field.IsSearchable).Select(field => field.Name)], Base.Search));
        return new ViewQuery { Filters = [new OrFilter([new AndFilter(filters), OneOf(_besides)])], Sort = sort };
    }

    /// <summary>The rows of the base that have one of some keys.</summary>
    public ViewQuery InBase(IEnumerable<RowKey> keys) => Base! with { Filters = Base.Filters.Add(OneOf(keys)) };

    private InFilter OneOf(IEnumerable<RowKey> keys) => new(schema.Key.Name, [.. keys.Select(key => (object?)key.Value)]);

    // There is no filter for "not": keys that are integers have ranges between those that are left out.
    private OrFilter NoneOf(IEnumerable<RowKey> keys)
    {
        var gaps = ImmutableArray.CreateBuilder<ViewFilter>();
        long? from = null;
        foreach (var key in keys.Select(key => key.Value).Order())
        {
            if (from is null || key > from + 1)
                gaps.Add(new RangeFilter(schema.Key.Name, from, key) { IncludesFrom = false });
            from = key;
        }

        gaps.Add(new RangeFilter(schema.Key.Name, from, null) { IncludesFrom = false });
        return new OrFilter(gaps.ToImmutable());
    }
}
