using Collection.Benchmarks;
using Collection.Benchmarks.Browser;

try
{
    var arguments = Arguments.Parse(args, Bench.Names, [.. Contender.Peers.Select(p => p.Name)]);
    await Bench.RunAsync(arguments, CancellationToken.None);
    return 0;
}
catch (ArgumentException problem)
{
    await Console.Error.WriteLineAsync($"bench: {problem.Message}");
    return 2;
}
