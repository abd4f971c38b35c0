namespace Collection.Simulation;

/// <summary>Everything that one run consists of.</summary>
internal sealed class World
{
    private readonly RandomStream[] _chances;
    private readonly double[] _rates;
    private readonly Dictionary<string, RandomStream> _streams = [];

    public World(Swarm swarm, bool keepsLines, Counters counters)
    {
        Swarm = swarm;
        Counters = counters;
        Trace = new Trace(keepsLines);
        Scheduler = new Scheduler(Stream("schedule"), swarm.Has(Feature.Shuffle));
        Trace.Clock = () => Scheduler.Elapsed;
        Time = new SimulatedTime(Scheduler);
        Outside = Scheduler.NewLane("outside");
        _chances = [.. Enum.GetNames<Feature>().Select(name => new RandomStream(swarm.Seed, name))];
        _rates = [.. _chances.Select(chance => chance.Pick([0.02, 0.05, 0.15, 0.3]))];
        Server = new ServerModel(Trace, counters, hasTransactions: Stream("server").Chance(0.6))
        {
            IsTaken = () => Fires(Feature.TakenClientId),
            LeavesRowsOut = () => Fires(Feature.RowsLeftOut),
            ForgetsCursor = () => Fires(Feature.ForgottenCursor) && Stream("server").Chance(0.3),
            MaxMutations = swarm.Has(Feature.SmallBatches) ? Stream("server").Next(1, 4) : 500,
        };
        Network = new Network(this);
        Oracle = new Oracle(this);
    }

    public Swarm Swarm { get; }

    public Counters Counters { get; }

    public Trace Trace { get; }

    public Scheduler Scheduler { get; }

    public SimulatedTime Time { get; }

    /// <summary>Where the network, the server and other people run.</summary>
    public Lane Outside { get; }

    public ServerModel Server { get; }

    public Network Network { get; }

    public Oracle Oracle { get; }

    public List<Browser> Browsers { get; } = [];

    /// <summary>True once faults are over.</summary>
    public bool IsHealed { get; set; }

    /// <summary>What broke first.</summary>
    public InvariantException? Failure { get; private set; }

    /// <summary>The random stream of a concern; the same for the same name.</summary>
    public RandomStream Stream(string concern)
    {
        if (!_streams.TryGetValue(concern, out var stream))
            _streams.Add(concern, stream = new RandomStream(Swarm.Seed, concern));
        return stream;
    }

    /// <summary>True where a fault happens now. Each kind has chances and a rate of its own.</summary>
    public bool Fires(Feature feature) =>
        !IsHealed && Swarm.Has(feature) && _chances[(int)feature].Chance(_rates[(int)feature]);

    /// <summary>Notes what broke, so that no catch block on the way hides it.</summary>
    public InvariantException Violate(string invariant, string message)
    {
        var violation = new InvariantException(invariant, message);
        Fail(violation);
        return violation;
    }

    public void Fail(InvariantException violation)
    {
        Failure ??= violation;
        Trace.Write($"VIOLATION {violation.Message}");
    }

    /// <summary>Runs something to its end in the background; what it throws fails the run.</summary>
    public async void Watch(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            Fail(e as InvariantException ?? new InvariantException("no defect", e.ToString()));
        }
    }
}
