using System.Collections.Immutable;
using Collection.Sync.Abstractions;

namespace Collection.Simulation;

internal sealed partial class ServerModel
{
    /// <summary>A number that the server's database refuses.</summary>
    public const int Unlucky = 13;

    private readonly HashSet<(string ClientId, long Id, DateTimeOffset MadeAt)> _applied = [];
    private readonly HashSet<(string ClientId, long Id, DateTimeOffset MadeAt)> _rejected = [];
    private readonly HashSet<(string ClientId, long Id)> _refused = [];
    private readonly Dictionary<(string ClientId, long Id), Effect> _effects = [];

    /// <summary>The largest batch that it takes.</summary>
    public int MaxMutations { get; set; } = 500;

    /// <summary>True where a new client id turns out to be somebody else's.</summary>
    public Func<bool> IsTaken { get; set; } = () => false;

    /// <summary>Leaves the rows out of an answer, as where they are too many for a page.</summary>
    public Func<bool> LeavesRowsOut { get; set; } = () => false;

    /// <summary>True if the edit was ever applied under this id, be it in a history that a restart has cut off.</summary>
    public bool HasApplied(string clientId, long id, DateTimeOffset madeAt) => _applied.Contains((clientId, id, madeAt));

    /// <summary>True if the edit was ever rejected under this id.</summary>
    public bool HasRejected(string clientId, long id, DateTimeOffset madeAt) => _rejected.Contains((clientId, id, madeAt));

    /// <summary>True if the server would not even read the edit.</summary>
    public bool HasRefused(string clientId, long id) => _refused.Contains((clientId, id));

    /// <summary>What the edit made of its row; null where it was not applied.</summary>
    public Effect? EffectOf(string clientId, long id) => _effects.GetValueOrDefault((clientId, id));

    /// <summary>Takes edits, each once.</summary>
    public PushAnswer Push(User user, int browser, OutboxBatch batch)
    {
        if (!_clients.TryGetValue(batch.ClientId, out var client))
            _clients.Add(batch.ClientId, client = new PushClient(IsTaken() ? -1 : user.Id));
        Refuse(user, client, batch);

        var first = batch.Mutations[0].Id;
        var writing = new Writing(_lastTransaction + 1);
        var before = _lastSequence;
        var results = batch.Mutations.Select(mutation => Take(user, browser, batch.ClientId, client, mutation, writing)).ToImmutableArray();
        foreach (var id in client.Rejections.Keys.Where(id => id < first).ToList())
            client.Rejections.Remove(id);
        if (_lastSequence > before)
        {
            _lastTransaction++;
            Moved?.Invoke();
        }

        if (LeavesRowsOut())
        {
            counters.Add(Seen.AnswerWithoutRows);
            return new PushAnswer(results, null);
        }

        var rows = batch.Mutations.Select(mutation => mutation.Edit.Key.Value).Distinct().Select(key => _table.GetValueOrDefault(key));
        return new PushAnswer(results, Hint(user, rows.Where(stored => stored?.Row?.Team == user.Team).Select(stored => stored!), "rows"));
    }

    private void Refuse(User user, PushClient client, OutboxBatch batch)
    {
        var first = batch.Mutations[0].Id;
        if (batch.Mutations.Length > MaxMutations)
        {
            if (batch.Mutations.Length == 1)
                _refused.Add((batch.ClientId, first));
            throw Refusal(PushRefusal.Size, "too many edits at once");
        }

        if (batch.Mutations.FirstOrDefault(mutation => mutation.Edit.Fields.TryGet("team", out _)) is { } wrong)
        {
            _refused.Add((batch.ClientId, wrong.Id));
            throw Refusal(PushRefusal.Mutation, "no edit changes the team", wrong.Id);
        }

        if (client.User != user.Id)
            throw Refusal(PushRefusal.Client, "the client id is somebody else's");
        if (first > client.LastId + 1)
            throw Refusal(PushRefusal.Order, $"the last edit known is {client.LastId}");
        for (var i = 0; i < batch.Mutations.Length; i++)
        {
            if (batch.Mutations[i].Id != first + i)
                throw new InvariantException("ids count up", $"mutation {i} of a batch from {first} has the id {batch.Mutations[i].Id}.");
        }
    }

    private MutationResult Take(User user, int browser, string clientId, PushClient client, Mutation mutation, Writing writing)
    {
        var (id, edit, madeAt) = mutation;
        if (id <= client.LastId)
        {
            counters.Add(Seen.AnsweredAgain);
            trace.Write($"server answers {clientId}/{id} again");
            return new MutationResult(id, client.Rejections.GetValueOrDefault(id));
        }

        client.LastId = id;
        var row = _table.GetValueOrDefault(edit.Key.Value)?.Row;
        var changed = row?.With(edit.Fields);
        var rejection = edit.Fields.Count == 0 ? null
            : row is null || row.Team != user.Team ? "missing"
            : !row.Holds(edit.If) ? "condition"
            : changed!.Number == Unlucky ? "constraint"
            : null;
        trace.Write($"server takes {clientId}/{id} of {edit.Key.Value}: {rejection ?? "applied"}");
        if (rejection is not null)
        {
            client.Rejections[id] = rejection;
            _rejected.Add((clientId, id, madeAt));
            return new MutationResult(id, rejection);
        }

        _applied.Add((clientId, id, madeAt));
        if (edit.Fields.Count == 0)
            return new MutationResult(id);
        if (!_lineage.Add((browser, madeAt, edit)))
            throw new InvariantException("once", $"the edit of browser {browser} from {madeAt:O} took effect a second time, as {clientId}/{id}.");
        Write(writing, edit.Key.Value, changed);
        _effects[(clientId, id)] = new Effect(Epoch, edit.Key.Value, _table[edit.Key.Value].Version);
        return new MutationResult(id);
    }

    private SyncTransportException Refusal(PushRefusal refusal, string why, long? id = null)
    {
        trace.Write($"server refuses a batch: {why}");
        counters.Add(refusal switch
        {
            PushRefusal.Size => Seen.RefusedSize,
            PushRefusal.Mutation => Seen.RefusedMutation,
            PushRefusal.Client => Seen.RefusedClient,
            _ => Seen.RefusedOrder,
        });
        var failure = refusal == PushRefusal.Client ? SyncFailure.SignedOut : SyncFailure.Refused;
        return new SyncTransportException(failure, $"The server took nothing: {why}.") { Refusal = refusal, MutationId = id };
    }

    private sealed class PushClient(int user)
    {
        public int User => user;

        public long LastId { get; set; }

        public Dictionary<long, string> Rejections { get; private init; } = [];

        public PushClient Copy() => new(user) { LastId = LastId, Rejections = new(Rejections) };
    }
}

/// <summary>Somebody who has a session, and sees the rows of one team.</summary>
internal sealed class User(int id, int team)
{
    public int Id => id;

    public int Team { get; private set; } = team;

    /// <summary>Every team whose rows were ever shown to this person.</summary>
    public HashSet<int> Teams { get; } = [team];

    public bool IsSignedIn { get; set; } = true;

    public void MoveTo(int other)
    {
        Team = other;
        Teams.Add(other);
    }
}
