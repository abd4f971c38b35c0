using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Collection.Sync.AspNetCore;

/// <summary>
/// The endpoints that serve a collection: names its table, says who may have which rows and what may be edited, and
/// takes conventions such as <c>RequireAuthorization()</c>, which hold for all of them. Used while the app is set up.
/// </summary>
public sealed partial class CollectionSyncEndpoint : IEndpointConventionBuilder
{
    private readonly RouteGroupBuilder _group;
    private Func<HttpContext, RowFilter?> _filter = _ => null;

    internal CollectionSyncEndpoint(CollectionSchema schema, RouteGroupBuilder group)
    {
        Table = new SyncedTable(schema, schema.Name);
        _group = group;
    }

    internal SyncedTable Table { get; private set; }

    /// <summary>Names the table that holds the rows; without this it is named like the collection.</summary>
    /// <exception cref="ArgumentException">The name is not one for a synced table; the message says why.</exception>
    public CollectionSyncEndpoint FromTable(string name)
    {
        Table = new SyncedTable(Table.Schema, name);
        return this;
    }

    /// <summary>
    /// Says which rows a user may have; without this all. Asked at every request. Where the answer becomes another one,
    /// the client refills.
    /// </summary>
    public CollectionSyncEndpoint Where(Func<HttpContext, RowFilter?> filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        _filter = filter;
        return this;
    }

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention) => ((IEndpointConventionBuilder)_group).Add(convention);

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention) => ((IEndpointConventionBuilder)_group).Finally(finallyConvention);

    internal RouteGroupBuilder Group => _group;

    internal FeedSource Source(HttpContext context) => new(Table, _filter(context));
}
