using System.Runtime.ExceptionServices;

namespace Collection.Query.Caching;

/// <summary>
/// Lets one change of a client's state happen at a time. What a change leads to outside the cache (notifications,
/// fetches, cancellations) is done after the outermost change, in order and without the lock: code of the app never
/// meets a state that is half changed, and may call the client from wherever it is called.
/// </summary>
internal sealed class StateLock
{
    private readonly Lock _lock = new();
    private List<Action> _effects = [];
    private int _depth;

    /// <summary>Begins a change, to be ended by disposing of what it returns. May be nested.</summary>
    public Change Enter()
    {
        _lock.Enter();
        _depth++;
        return new Change(this);
    }

    /// <summary>Has something done after the change that is under way.</summary>
    public void Afterwards(Action effect) => _effects.Add(effect);

    private void Exit()
    {
        List<Action>? due = null;
        if (--_depth == 0 && _effects.Count > 0)
            (due, _effects) = (_effects, []);
        _lock.Exit();
        if (due is not null)
            Run(due);
    }

    private static void Run(List<Action> due)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var effect in due)
        {
            try
            {
                effect();
            }
            catch (Exception e)
            {
                // One handler that throws must not keep the others from hearing.
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        first?.Throw();
    }

    public readonly ref struct Change(StateLock owner)
    {
        public void Dispose() => owner.Exit();
    }
}
