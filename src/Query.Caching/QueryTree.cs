namespace Collection.Query.Caching;

/// <summary>
/// Queries by key, one level a part, so that those below a prefix are found at a cost that goes by how many they are,
/// and not by how many there are besides.
/// </summary>
internal sealed class QueryTree
{
    // A dictionary takes no null, and a part may be one.
    private static readonly object s_null = new();

    private readonly Node _root = new();

    public CachedQuery? Find(QueryKey key) => Locate(key)?.Query;

    public void Add(CachedQuery query)
    {
        var node = _root;
        foreach (var part in query.Key)
        {
            node.Children ??= [];
            if (!node.Children.TryGetValue(part ?? s_null, out var child))
                node.Children.Add(part ?? s_null, child = new Node());
            node = child;
        }

        node.Query = query;
    }

    /// <summary>Takes a query out, and the levels that only it has needed.</summary>
    public void Remove(QueryKey key) => Remove(_root, key, 0);

    /// <summary>All queries whose key begins with the prefix, as they are now: the list is not touched by later changes.</summary>
    public List<CachedQuery> Below(QueryKey prefix)
    {
        List<CachedQuery> found = [];
        if (Locate(prefix) is { } node)
            Gather(node, found);
        return found;
    }

    private static void Gather(Node node, List<CachedQuery> found)
    {
        if (node.Query is { } query)
            found.Add(query);
        foreach (var child in node.Children?.Values ?? Enumerable.Empty<Node>())
            Gather(child, found);
    }

    private static void Remove(Node node, QueryKey key, int level)
    {
        if (level == key.Count)
        {
            node.Query = null;
        }
        else if (node.Children is { } children && children.TryGetValue(key[level] ?? s_null, out var child))
        {
            Remove(child, key, level + 1);
            if (child is { Query: null, Children: null or { Count: 0 } })
                children.Remove(key[level] ?? s_null);
        }
    }

    private Node? Locate(QueryKey key)
    {
        var node = _root;
        foreach (var part in key)
        {
            if (node.Children is null || !node.Children.TryGetValue(part ?? s_null, out node))
                return null;
        }

        return node;
    }

    private sealed class Node
    {
        public CachedQuery? Query { get; set; }

        public Dictionary<object, Node>? Children { get; set; }
    }
}
