using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Collection.Sellers.Host.Tests;

public sealed class LogTests
{
    private const string Canary = "Canary7f3a";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_of_rows_edits_cursors_queries_or_passwords_is_logged_at_any_level(bool onPostgres)
    {
        using var log = new Recorder();
        await using var host = onPostgres
            ? new SellersHost { Sellers = 3, Log = log, Postgres = await (await Contracts.PostgresServer.SharedAsync()).CreateDatabaseAsync() }
            : new SellersHost { Sellers = 3, Log = log };
        var visitor = await host.SignInAsync();
        await host.ExecuteAsync($"UPDATE sellers SET display_name = '{Canary}', platform_id = '{Canary}' WHERE id = 1");
        using (var stream = await HeardEvents.OpenAsync(visitor, "sellers"))
        {
            await stream.NextAsync();
            await host.ExecuteAsync($"UPDATE sellers SET display_name = '{Canary} II' WHERE id = 2");
            (await stream.NextAsync()).ShouldBe("page");
        }

        (await visitor.Http.GetByteArrayAsync(new Uri("/sync/sellers", UriKind.Relative))).AsSpan().IndexOf("Canary7f3a"u8).ShouldBeGreaterThan(0);
        string[] queries = [$"cursor={Canary}", $"maxBytes={Canary}", $"schema={Canary}", $"{Canary}=1"];
        foreach (var query in queries)
            (await visitor.GetAsync($"/sync/sellers?{query}")).Dispose();
        (await visitor.GetAsync($"/sync/sellers/events?lastEventId={Canary}")).Dispose();
        (await visitor.GetAsync($"/sync/unknown?{Canary}")).Dispose();
        (await visitor.PushAsync("c", 1, 1, "flagged", $"\"{Canary}\"")).Dispose();
        (await visitor.PushAsync("c", 1, 1, "display_name", $"\"{Canary}\"")).Dispose();
        (await visitor.PushAsync("c", 1, 1, Canary, "1")).Dispose();
        (await visitor.PushAsync(Canary, 1, 1, "flagged", "true")).Dispose();
        (await visitor.PushAsync("c", 1, 999, "flagged", "true")).Dispose();
        (await visitor.PostAsync("/sync/sellers/mutations", $"{{\"{Canary}\":")).Dispose();
        (await visitor.PostAsync("/session", $"{{\"user\":{{\"{Canary}\":1}}")).Dispose();
        (await visitor.SignInAsync("ada", Canary)).Dispose();
        (await visitor.SignInAsync(Canary, "x")).Dispose();

        // Ours and the framework's, at the lowest levels.
        foreach (var said in (string[])["Pulled sellers", "was successfully authenticated"])
            log.Entries.ShouldContain(entry => entry.Contains(said, StringComparison.Ordinal), said);
        log.Entries.Where(entry => entry.Contains(Canary, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }

    /// <summary>Keeps everything: the message, each value in it and in the scopes around it, and errors in full.</summary>
    private sealed class Recorder : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _entries = new();

        public IReadOnlyCollection<string> Entries => _entries;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _entries.Enqueue($"{Values(state)} {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _entries.Enqueue($"{formatter(state, exception)} {Values(state)} {exception}");

        public void Dispose()
        {
        }

        private static string Values<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values.Select(v => $"{v.Key}={v.Value}")) : "";
    }
}
