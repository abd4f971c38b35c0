using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Builder;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The endpoint that serves a collection: names its table, and takes conventions such as <c>RequireAuthorization()</c>.
/// Used while the app is set up.
/// </summary>
public sealed class CollectionSyncEndpoint : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder _route;

    internal CollectionSyncEndpoint(CollectionSchema schema, Func<CollectionSyncEndpoint, IEndpointConventionBuilder> map)
    {
        Table = new SyncedTable(schema, schema.Name);
        _route = map(this);
    }

    internal SyncedTable Table { get; private set; }

    /// <summary>Names the table that holds the rows; without this it is named like the collection.</summary>
    /// <exception cref="ArgumentException">The name is not one for a synced table; the message says why.</exception>
    public CollectionSyncEndpoint FromTable(string name)
    {
        Table = new SyncedTable(Table.Schema, name);
        return this;
    }

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention) => _route.Add(convention);

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention) => _route.Finally(finallyConvention);
}
