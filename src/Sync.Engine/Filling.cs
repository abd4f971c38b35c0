using System.Diagnostics.CodeAnalysis;

namespace Collection.Sync.Engine;

/// <summary>
/// Keeps hints from before a first sync, or a refill, out of it. A first sync tells of no deletions from before its start:
/// a hint that was made earlier, and is stored later, would bring a deleted row back for good. So only those hints count
/// that were asked for after the first page was there. One thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer and links holds nothing that has to be disposed of.")]
internal sealed class Filling
{
    private CancellationTokenSource _end = new();
    private Task _lastTurn = Task.CompletedTask;

    /// <summary>Counts first pages.</summary>
    public int Number { get; private set; }

    /// <summary>Cancelled by the next first page: a stream from before it has to end.</summary>
    public CancellationToken End => _end.Token;

    /// <summary>Stores a first page, and voids every hint that was asked for before.</summary>
    public Task<T> BeginAsync<T>(Func<Task<T>> store) => InTurnAsync(() =>
    {
        Number++;
        var end = _end;
        _end = new CancellationTokenSource();
        end.Cancel();
        return store();
    });

    /// <summary>Stores something in its turn, since a store does not promise to keep the order of calls that overlap.</summary>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> store)
    {
        var turn = new TaskCompletionSource();
        var before = _lastTurn;
        _lastTurn = turn.Task;
        await before;
        try
        {
            return await store();
        }
        finally
        {
            turn.SetResult();
        }
    }
}
