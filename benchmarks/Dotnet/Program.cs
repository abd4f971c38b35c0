using Collection.Benchmarks;
using Collection.Benchmarks.Dotnet;

try
{
    var arguments = Arguments.Parse(args, [.. Scenario.All.Select(s => s.Name)]);
    using var database = new DatabaseCopy(arguments.Database);
    SellersData.Load(database);
    List<Result> results = [];
    foreach (var scenario in Scenario.All.Where(s => arguments.Includes(s.Name)))
        results.Add(await scenario.MeasureAsync(arguments.Runs));

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
