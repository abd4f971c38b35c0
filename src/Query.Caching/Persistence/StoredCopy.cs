using System.Globalization;

namespace Collection.Query.Caching;

/// <summary>The stored copy of one query: read once, and written one write at a time, of which the last is of the newest data.</summary>
internal sealed class StoredCopy<T>(QueryClient client, QueryKey key)
{
    private readonly string _name = NameOf(key);
    private Func<ValueTask>? _next;
    private bool _isWriting;

    /// <summary>Reads the copy; null where there is none that may be shown. A failure is told, and is no reason not to fetch.</summary>
    public async Task<(T Data, DateTimeOffset UpdatedAt)?> ReadAsync(QueryPersistence<T> persistence, CancellationToken cancellationToken)
    {
        try
        {
            if (await persistence.Storage.ReadAsync(_name, cancellationToken) is not { } stored)
                return null;
            var age = client.Now - stored.UpdatedAt;
            var isUsable = stored.Buster == persistence.Buster && age <= persistence.MaxAge;
            return isUsable ? (persistence.Read(stored.Data), stored.UpdatedAt) : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            client.TellOfStorage(key, e);
            return null;
        }
    }

    /// <summary>Has data written, after the change of state that is under way.</summary>
    public void Write(QueryPersistence<T> persistence, T data, DateTimeOffset updatedAt) => Do(() =>
        persistence.Storage.WriteAsync(_name, new StoredQuery(persistence.Write(data), updatedAt, updatedAt + persistence.MaxAge, persistence.Buster), CancellationToken.None));

    /// <summary>Has the copy removed.</summary>
    public void Remove(QueryPersistence<T> persistence) => Do(() => persistence.Storage.RemoveAsync(_name, CancellationToken.None));

    // What is to be done while something is being written takes the place of what has waited for the same.
    private void Do(Func<ValueTask> next)
    {
        _next = next;
        if (_isWriting)
            return;
        _isWriting = true;
        client.Lock.Afterwards(() => _ = RunAsync());
    }

    private async Task RunAsync()
    {
        while (TakeNext() is { } next)
        {
            try
            {
                await next();
            }
            catch (Exception e)
            {
                client.TellOfStorage(key, e);
            }
        }
    }

    private Func<ValueTask>? TakeNext()
    {
        using (client.Lock.Enter())
        {
            var next = _next;
            _next = null;
            _isWriting = next is not null;
            return next;
        }
    }

    /// <summary>The key as a text that no other key has: 7 and "7" differ, and so do ["a/b"] and ["a", "b"].</summary>
    internal static string NameOf(QueryKey key) => string.Join('/', key.Select(part => part switch
    {
        null => "null",
        string text => $"'{Uri.EscapeDataString(text)}'",
        _ => $"{part.GetType().Name}:{Uri.EscapeDataString(Convert.ToString(part, CultureInfo.InvariantCulture) ?? "")}",
    }));
}
