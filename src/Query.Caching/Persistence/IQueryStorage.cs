namespace Collection.Query.Caching;

/// <summary>
/// Where data of queries is kept beyond the life of the cache, each query by itself: writing one costs the same however
/// many there are. One for each person who signs in.
/// </summary>
public interface IQueryStorage
{
    /// <summary>What is kept under a key; null where there is nothing.</summary>
    ValueTask<StoredQuery?> ReadAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keeps something in place of what was kept. After a crash either is there, whole.</summary>
    ValueTask WriteAsync(string key, StoredQuery query, CancellationToken cancellationToken);

    /// <summary>Forgets what is kept under a key, if anything is.</summary>
    ValueTask RemoveAsync(string key, CancellationToken cancellationToken);
}

/// <summary>Data of a query as it is kept.</summary>
/// <param name="Data">The data, written by <see cref="QueryPersistence{T}.Write"/>.</param>
/// <param name="UpdatedAt">When it was fetched.</param>
/// <param name="ExpiresAt">When it may be deleted, and is not shown any more.</param>
/// <param name="Buster">Of which version of the app it is.</param>
public sealed record StoredQuery(byte[] Data, DateTimeOffset UpdatedAt, DateTimeOffset ExpiresAt, string Buster);
