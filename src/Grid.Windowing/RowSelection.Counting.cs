using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <content>What the store is asked: how many rows are selected, and which of those on screen.</content>
public sealed partial class RowSelection
{
    // As often as rows are refreshed: a first sync changes the store with each page.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // The rows of a screen are asked for one by one, in one turn, and looked up together.
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(1);

    // Some screens.
    private const int MaxAsked = 512;

    private readonly KnownMatches _matches = new();
    private readonly HashSet<RowKey> _asked = [];
    private Task _counting = Task.CompletedTask;
    private TaskCompletionSource? _hurry;
    private bool _isCounting;
    private bool _isAsking;
    private Task _asking = Task.CompletedTask;
    private IStoreView? _counted;
    private ViewQuery? _countedQuery;
    private long _countedVersion;
    private long? _countedRevision;
    private long _countedAt;

    private bool IsCounted => _rows.IsEmpty ? _counted is null : _countedVersion == _version && _countedRevision >= _store.Status.Revision;

    private void OnStoreChanged(StoreStatus status) => Recount();

    private void Recount()
    {
        if (!IsCounted && !_isCounting)
            _counting = CountAsync(_closing.Token);
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        _isCounting = true;
        try
        {
            while (!IsCounted)
            {
                if (_rows.IsEmpty)
                {
                    await ReplaceCountedAsync(null, null);
                    continue;
                }

                var pause = Interval - _timeProvider.GetElapsedTime(_countedAt);
                if (Count is not null && _countedRevision is not null && pause > TimeSpan.Zero)
                {
                    _hurry = new TaskCompletionSource();
                    await Task.WhenAny(Task.Delay(pause, _timeProvider, cancellationToken), _hurry.Task);
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                var version = _version;
                var view = await OpenCountedAsync(_rows.ToQuery([]), cancellationToken);
                _countedAt = _timeProvider.GetTimestamp();
                if (version != _version)
                    continue;
                (_countedVersion, _countedRevision) = (version, view.Revision);
                var isSame = Count == view.Count && Error is null;
                (Count, Error) = (view.Count, null);
                if (!isSame)
                    Changed?.Invoke();
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody asks any more.
        }
        catch (Exception e) when (e is SyncStoreException or ArgumentException or ObjectDisposedException)
        {
            Error = e;
            Changed?.Invoke();
        }
        finally
        {
            _isCounting = false;
        }
    }

    private async ValueTask<IStoreView> OpenCountedAsync(ViewQuery query, CancellationToken cancellationToken)
    {
        var former = _counted;
        IStoreView view;
        try
        {
            // The store works on what has changed alone.
            view = former is not null && query == _countedQuery
                ? (await former.ReopenAsync(new RowRange(0, 0), cancellationToken)).View
                : (await _store.OpenViewAsync(query, new RowRange(0, 0), cancellationToken)).View;
        }
        catch (SyncStoreException e) when (e.Failure == SyncStoreFailure.Failed && former is not null && query == _countedQuery)
        {
            view = (await _store.OpenViewAsync(query, new RowRange(0, 0), cancellationToken)).View;
        }

        await ReplaceCountedAsync(view, query);
        return view;
    }

    private async ValueTask ReplaceCountedAsync(IStoreView? view, ViewQuery? query)
    {
        var former = _counted;
        (_counted, _countedQuery) = (view, query);
        if (former is not null)
            await former.DisposeAsync();
    }

    private void Ask(RowKey key)
    {
        if (_disposed || _asked.Count >= MaxAsked || !_asked.Add(key) || _isAsking)
            return;
        _isAsking = true;
        _asking = AnswerAsync(_closing.Token);
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Turn, _timeProvider, cancellationToken);
            while (_asked.Count > 0 && All is { } all)
            {
                RowKey[] keys = [.. _asked];
                _asked.Clear();
                var view = (await _store.OpenViewAsync(_rows.InBase(keys), new RowRange(0, 0), cancellationToken)).View;
                await using (view)
                {
                    var rows = await view.ReadAsync(new RowRange(0, keys.Length), cancellationToken);
                    if (all != All)
                        continue;
                    var found = Enumerable.Range(0, rows.Count).Select(i => rows.ReadKey(i, _store.Schema)).ToHashSet();
                    var hasChanged = false;
                    foreach (var key in keys)
                        hasChanged |= _matches.Add(key, found.Contains(key), view.Revision);
                    if (hasChanged)
                        Changed?.Invoke();
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody asks any more.
        }
        catch (Exception e) when (e is SyncStoreException or ArgumentException or ObjectDisposedException)
        {
            Error = e;
            Changed?.Invoke();
        }
        finally
        {
            _asked.Clear();
            _isAsking = false;
        }
    }

    /// <summary>Which of the rows that were on screen lately the selected query holds. Forgets all of them when it is full.</summary>
    private sealed class KnownMatches
    {
        private const int Capacity = 4_096;

        private readonly Dictionary<RowKey, (bool IsMatch, long Revision)> _known = [];

        public bool? Of(RowKey key) => _known.TryGetValue(key, out var known) ? known.IsMatch : null;

        public bool IsCurrent(RowKey key, long revision) => _known.TryGetValue(key, out var known) && known.Revision >= revision;

        /// <returns>True where it was not known, or otherwise.</returns>
        public bool Add(RowKey key, bool isMatch, long revision)
        {
            var isNews = (Of(key) ?? false) != isMatch;
            if (_known.Count >= Capacity && !_known.ContainsKey(key))
                _known.Clear();
            _known[key] = (isMatch, revision);
            return isNews;
        }

        public void Clear() => _known.Clear();
    }
}
