using System.Data.Common;
using Collection.Contracts;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Collection.Sellers.Host.Tests;

/// <summary>The host in this process, with a data folder of its own, and SQLite in it unless a PostgreSQL is named.</summary>
public sealed class SellersHost : WebApplicationFactory<Program>
{
    // As somebody would who looks for a fault: each category of the settings, turned up.
    private static readonly KeyValuePair<string, string?>[] s_logAll =
    [
        .. ((string[])["Default", "Microsoft.AspNetCore", "Microsoft.AspNetCore.DataProtection", "Microsoft.Hosting.Lifetime"])
            .Select(category => new KeyValuePair<string, string?>($"Logging:LogLevel:{category}", "Trace")),
    ];

    private readonly DirectoryInfo _data;
    private readonly bool _ownsData;

    public SellersHost()
    {
        _data = Directory.CreateTempSubdirectory("sellers-");
        _ownsData = true;
    }

    private SellersHost(DirectoryInfo data) => _data = data;

    public int Sellers { get; init; }

    public int SignInsPerMinute { get; init; } = 1000;

    /// <summary>A connection string; null for SQLite.</summary>
    public string? Postgres { get; init; }

    /// <summary>The keys of another host; null for keys of its own.</summary>
    public string? Keys { get; init; }

    /// <summary>The folder of exports of another host; null for one of its own.</summary>
    public string? Exports { get; init; }

    public string ExportFolder => Exports ?? Path.Combine(_data.FullName, "exports");

    public bool IsRestored { get; init; }

    /// <summary>Further settings, such as <c>Sync:PullBurst</c>.</summary>
    public Dictionary<string, string?> Settings { get; init; } = [];

    /// <summary>Hears everything that is logged, at every level; null for the log as it is.</summary>
    public ILoggerProvider? Log { get; init; }

    /// <summary>The clock of sessions and streams; null for the real one.</summary>
    public TimeProvider? Time { get; init; }

    public DbDataSource Database => Services.GetRequiredService<DbDataSource>();

    public string KeyFolder => Keys ?? Path.Combine(_data.FullName, "keys");

    /// <summary>A host over a PostgreSQL database of its own.</summary>
    public static async Task<SellersHost> OnPostgresAsync(int sellers = 0) =>
        new() { Sellers = sellers, Postgres = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() };

    /// <summary>A client with cookies that has asked who is signed in, and so has a token for writes.</summary>
    public async Task<Visitor> VisitAsync()
    {
        var visitor = new Visitor(CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, BaseAddress = ClientOptions.BaseAddress }));
        await visitor.AskAsync();
        return visitor;
    }

    /// <summary>A client who has signed in; the password is the name.</summary>
    public async Task<Visitor> SignInAsync(string user = "ada")
    {
        var visitor = await VisitAsync();
        using var response = await visitor.SignInAsync(user, user);
        response.EnsureSuccessStatusCode();
        return visitor;
    }

    /// <summary>Another host over the same database and keys, as after a restart; dispose it first.</summary>
    public SellersHost Again(bool isRestored) => new(_data) { Sellers = Sellers, Postgres = Postgres, Keys = KeyFolder, IsRestored = isRestored };

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)(await command.ExecuteScalarAsync())!;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("data", _data.FullName);
        builder.UseSetting("sellers", $"{Sellers}");
        if (Postgres is not null)
            builder.UseSetting("database", Postgres);
        if (Keys is not null)
            builder.UseSetting("keys", Keys);
        if (Exports is not null)
            builder.UseSetting("exports", Exports);
        if (IsRestored)
            builder.UseSetting("restored", "true");
        builder.ConfigureAppConfiguration((_, configuration) => configuration.AddInMemoryCollection(
            [new("SignIn:AttemptsPerMinute", $"{SignInsPerMinute}"), .. Settings, .. Log is null ? [] : s_logAll]));
        if (Time is not null)
            builder.ConfigureServices(services => services.AddSingleton(Time));
        if (Log is not null)
            builder.ConfigureLogging(logging => logging.AddProvider(Log));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_ownsData && _data.Exists)
            _data.Delete(recursive: true);
    }
}
