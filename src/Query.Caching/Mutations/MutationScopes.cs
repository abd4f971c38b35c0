namespace Collection.Query.Caching;

/// <summary>Has the mutations of a scope run one after the other.</summary>
internal sealed class MutationScopes
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task> _last = [];

    /// <summary>Takes a place behind those that have one; disposing of it gives it up, whether or not its turn has come.</summary>
    public Turn Enter(string? scope)
    {
        if (scope is null)
            return new Turn(this, null, Task.CompletedTask);
        lock (_lock)
        {
            var turn = new Turn(this, scope, _last.GetValueOrDefault(scope, Task.CompletedTask));
            _last[scope] = turn.Over;
            return turn;
        }
    }

    private void Leave(string scope, Turn turn)
    {
        lock (_lock)
        {
            if (_last[scope] == turn.Over)
                _last.Remove(scope);
        }
    }

    internal sealed class Turn(MutationScopes scopes, string? scope, Task hasCome) : IDisposable
    {
        private readonly TaskCompletionSource _left = new();
        private Task? _over;

        /// <summary>Ends when all before it are over.</summary>
        public Task HasCome => hasCome;

        /// <summary>Ends when it has been given up and all before it are over: who gives up early lets nobody past those who have not.</summary>
        public Task Over => _over ??= Task.WhenAll(hasCome, _left.Task);

        public void Dispose()
        {
            if (scope is not null)
                scopes.Leave(scope, this);
            _left.TrySetResult();
        }
    }
}
