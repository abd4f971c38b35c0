namespace Collection.Query.Caching;

/// <summary>Where fetches and mutations wait for the page to be online or visible.</summary>
internal sealed class PauseGate
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(Func<bool> CanGoOn, TaskCompletionSource Opened)> _waiting = [];

    /// <summary>Returns once the condition holds, which is asked at once and at each <see cref="Open"/>.</summary>
    public async Task WaitAsync(Func<bool> canGoOn, CancellationToken cancellationToken)
    {
        TaskCompletionSource opened = new();
        LinkedListNode<(Func<bool>, TaskCompletionSource)> place;
        lock (_lock)
        {
            // The page may have changed between the caller's look at it and this one.
            if (canGoOn())
                return;
            place = _waiting.AddLast((canGoOn, opened));
        }

        await using (cancellationToken.Register(() => opened.TrySetCanceled(cancellationToken)))
        {
            try
            {
                await opened.Task;
            }
            finally
            {
                lock (_lock)
                {
                    if (place.List is not null)
                        _waiting.Remove(place);
                }
            }
        }
    }

    /// <summary>Lets all go on who can, in the order in which they came.</summary>
    public void Open()
    {
        List<TaskCompletionSource> ready = [];
        lock (_lock)
        {
            for (var place = _waiting.First; place is not null;)
            {
                var next = place.Next;
                if (place.Value.CanGoOn())
                {
                    ready.Add(place.Value.Opened);
                    _waiting.Remove(place);
                }

                place = next;
            }
        }

        foreach (var opened in ready)
            opened.TrySetResult();
    }
}
