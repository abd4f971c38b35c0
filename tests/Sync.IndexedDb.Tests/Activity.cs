using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>What a store's worker is doing to its database, as a script that runs ahead of the worker's own tells it.</summary>
internal static class Doing
{
    public const string Sync = "sync";
    public const string Edit = "edit";

    /// <summary>Small segments become one.</summary>
    public const string Merge = "merge";

    /// <summary>Compaction writes a chunk.</summary>
    public const string Compact = "compact";

    /// <summary>Compaction ends, or what it has replaced is deleted.</summary>
    public const string Swap = "swap";

    /// <summary>First windows are saved.</summary>
    public const string Save = "save";
}

/// <summary>Tells which transactions that write are under way in a tab, and stops the worker in the middle of one.</summary>
internal sealed class Activity : IAsyncDisposable
{
    private const string Scripts = "**/sync-indexeddb.worker.js";

    // A worker that stops does so within a transaction that has made some of its requests, and for good.
    private const string Prelude = """
        {
          const channel = new BroadcastChannel('activity');
          const trapped = new BroadcastChannel('trap');
          const waiting = new Map();
          let trap = null;
          trapped.onmessage = ({ data }) => trap = data;
          self.addEventListener('message', ({ data }) => data.id && waiting.set(data.id, data.request.op));
          const post = self.postMessage.bind(self);
          self.postMessage = (reply, transfer) => {
            waiting.delete(reply.id);
            post(reply, transfer);
          };
          const asked = () => [...waiting.values()].find(op => !/View|open|close|read/.test(op));
          const kindOf = stores => {
            const names = stores.join();
            return names === 'collections,segments,columns,rows' ? 'merge'
              : names === 'segments,columns,rows' ? 'compact'
              : names === 'collections,windows' ? 'save'
              : stores.length < 7 ? 'other'
              : asked() === undefined ? 'swap'
              : /edit|retry|discard/.test(asked()) ? 'edit' : 'sync';
          };
          const kinds = new WeakMap();
          const begin = IDBDatabase.prototype.transaction;
          IDBDatabase.prototype.transaction = function (stores, mode, options) {
            const transaction = begin.call(this, stores, mode, options);
            if (mode === 'readwrite') {
              const kind = kindOf([...stores]);
              kinds.set(transaction, kind);
              channel.postMessage(`+${kind}`);
              for (const end of ['complete', 'abort'])
                transaction.addEventListener(end, () => channel.postMessage(`-${kind}`));
            }
            return transaction;
          };
          for (const request of ['put', 'delete']) {
            const made = IDBObjectStore.prototype[request];
            IDBObjectStore.prototype[request] = function (...args) {
              if (trap !== null && kinds.get(this.transaction) === trap.kind && trap.requests-- <= 0) {
                channel.postMessage(`!${trap.kind}`);
                for (;;);
              }
              return made.apply(this, args);
            };
          }
        }

        """;

    private readonly Lock _gate = new();
    private readonly List<string> _current = [];
    private readonly List<(string Kind, TaskCompletionSource Source)> _awaited = [];
    private IBrowserContext? _context;
    private TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a worker has stopped where it was told to.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>How many transactions of each kind have completed or been undone.</summary>
    public Dictionary<string, int> Ended { get; } = [];

    /// <summary>The kind of the transaction that is under way, as far as the tab has told.</summary>
    public string? Current
    {
        get
        {
            lock (_gate)
                return _current.Count == 0 ? null : _current[0];
        }
    }

    /// <summary>The worker's script with the prelude ahead of it.</summary>
    public static string Script => Prelude + File.ReadAllText(Contracts.RepositoryFiles.PathOf("src", "Sync.IndexedDb", "wwwroot", "sync-indexeddb.worker.js"));

    /// <summary>Listens to all tabs of the site from this one, until it is closed. Call it before a store is made in it.</summary>
    public async Task ListenAsync(IPage page)
    {
        if (_context is null)
        {
            _context = page.Context;
            await _context.RouteAsync(Scripts, route => route.FulfillAsync(new RouteFulfillOptions { ContentType = "text/javascript", Body = Script }));
        }

        lock (_gate)
        {
            _current.Clear();
            _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await page.ExposeFunctionAsync<string>("tellActivity", Hear);
        await page.EvaluateAsync("() => { window.activity = new BroadcastChannel('activity'); window.activity.onmessage = ({ data }) => window.tellActivity(data); }");
    }

    /// <summary>Stops the worker in its next transaction of a kind, after so many of the transaction's changes.</summary>
    public static Task StopAsync(IPage page, string kind, int requests) =>
        page.EvaluateAsync("trap => { const channel = new BroadcastChannel('trap'); channel.postMessage(trap); channel.close(); }", new { kind, requests });

    /// <summary>Completes when the next transaction of a kind has ended.</summary>
    public Task NextAsync(string kind)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            _awaited.Add((kind, source));
        return source.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (_context is not null)
            await _context.UnrouteAsync(Scripts);
    }

    private void Hear(string message)
    {
        var kind = message[1..];
        lock (_gate)
        {
            switch (message[0])
            {
                case '+':
                    _current.Add(kind);
                    break;
                case '!':
                    _stopped.TrySetResult();
                    break;
                default:
                    _current.Remove(kind);
                    Ended[kind] = Ended.GetValueOrDefault(kind) + 1;
                    foreach (var (_, source) in _awaited.FindAll(awaited => awaited.Kind == kind))
                        source.TrySetResult();
                    _awaited.RemoveAll(awaited => awaited.Kind == kind);
                    break;
            }
        }
    }
}
