using Collection.Sync.Abstractions;

namespace Collection.Grid.Windowing;

/// <summary>
/// Somebody who waits for a window. It ends by its own token and by no other: <c>Virtualize</c> takes the cancellation
/// of any other token for a failure of the page.
/// </summary>
internal sealed class RowRequest<TRow>
{
    // Continuations run within the call that answers; the source is in order by then.
    private readonly TaskCompletionSource<IReadOnlyList<TRow>> _answer = new();
    private readonly CancellationTokenRegistration _registration;

    public RowRequest(RowRange window, CancellationToken cancellationToken)
    {
        Window = window;
        // May run on another thread, and so touches nothing but the answer.
        _registration = cancellationToken.UnsafeRegister(static (request, token) => ((RowRequest<TRow>)request!)._answer.TrySetCanceled(token), this);
    }

    public RowRange Window { get; }

    public Task<IReadOnlyList<TRow>> Answer => _answer.Task;

    public bool IsOver => _answer.Task.IsCompleted;

    public void Succeed(IReadOnlyList<TRow> rows)
    {
        _registration.Dispose();
        _answer.TrySetResult(rows);
    }

    public void Fail(Exception error)
    {
        _registration.Dispose();
        _answer.TrySetException(error);
    }
}
