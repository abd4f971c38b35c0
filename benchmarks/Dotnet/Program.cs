using Collection.Benchmarks;
using Collection.Benchmarks.Dotnet;

// Started by the scenario event-streams, and by nobody else.
if (args is [StreamServer.Argument, var delivery, var file])
    return await StreamServer.RunAsync(Enum.Parse<Delivery>(delivery), file);

try
{
    var arguments = Arguments.Parse(args, [.. Scenario.All.Select(s => s.Name)]);
    using var database = new DatabaseCopy(arguments.Database);
    SellersData.Load(database);
    List<Result> results = [];
    foreach (var scenario in Scenario.All.Where(s => arguments.Includes(s.Name)))
    {
        Console.WriteLine($"{scenario.Name} ...");
        results.Add(await scenario.MeasureAsync(scenario.Name, arguments.Runs));
    }

    Console.WriteLine();
    Console.Write(ResultFiles.Table(results));
    if (arguments.Json is { } json)
    {
        var heading = Machine.Heading($"On .NET, {SellersData.Rows.Length} rows", $".NET {Environment.Version}");
        await ResultFiles.WriteAsync(json, heading, results, CancellationToken.None);
    }

    return 0;
}
catch (ArgumentException problem)
{
    await Console.Error.WriteLineAsync($"bench: {problem.Message}");
    return 2;
}
finally
{
    await PostgresData.StopAsync();
}
