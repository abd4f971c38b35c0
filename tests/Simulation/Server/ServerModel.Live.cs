using Collection.Sync.Abstractions;

namespace Collection.Simulation;

internal sealed partial class ServerModel
{
    private const int ChangesAnEvent = 3;

    private readonly List<Subscription> _subscriptions = [];

    /// <summary>Opens a stream of events that goes on behind an id, or from now on.</summary>
    /// <param name="user">Who listens.</param>
    /// <param name="lastEventId">The last event that the client has applied.</param>
    /// <param name="send">Takes the events; null ends the stream.</param>
    public Subscription Listen(User user, string? lastEventId, Action<LiveEvent?> send)
    {
        var subscription = new Subscription(user, user.Team, send) { Epoch = Epoch, Position = Present };
        _subscriptions.Add(subscription);
        var isGap = false;
        if (lastEventId is not null)
        {
            var parts = lastEventId.Split('.').Select(long.Parse).ToArray();
            isGap = parts[0] != Epoch;
            if (!isGap)
                subscription.Position = new RowVersion(parts[1], parts[2]);
        }

        send(new LiveEvent(LiveEventKind.Ready, subscription.Id));
        if (isGap)
            send(new LiveEvent(LiveEventKind.Behind, subscription.Id));
        Pulse(subscription);
        return subscription;
    }

    public void Close(Subscription subscription) => _subscriptions.Remove(subscription);

    /// <summary>Tells all streams what is new.</summary>
    public void Pulse()
    {
        foreach (var subscription in _subscriptions.ToArray())
            Pulse(subscription);
    }

    private void Pulse(Subscription subscription)
    {
        var (user, team, send) = (subscription.User, subscription.Team, subscription.Send);
        if (!user.IsSignedIn || user.Team != team)
        {
            Close(subscription);
            send(new LiveEvent(LiveEventKind.Closed));
            send(null);
            return;
        }

        if (subscription.Epoch != Epoch || subscription.Position < _floor)
        {
            (subscription.Epoch, subscription.Position) = (Epoch, Present);
            send(new LiveEvent(LiveEventKind.Behind, subscription.Id));
        }

        foreach (var changes in ChangesAfter(subscription.Position).Chunk(ChangesAnEvent))
        {
            subscription.Position = changes[^1].Version;
            send(new LiveEvent(LiveEventKind.Page, subscription.Id, Hint(user, changes, "hint")));
        }
    }
}

/// <summary>An event stream, as the server has it.</summary>
internal sealed class Subscription(User user, int team, Action<LiveEvent?> send)
{
    public User User => user;

    public int Team => team;

    public Action<LiveEvent?> Send => send;

    public long Epoch { get; set; }

    public RowVersion Position { get; set; }

    public string Id => $"{Epoch}.{Position.Transaction}.{Position.Sequence}";
}
