using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Sellers.Host;

namespace Collection.Sellers.Host.Tests;

public sealed class HostSettingsTests
{
    private const string Postgres = "Host=127.0.0.1;Database=sellers;Username=sellers";

    [Theory]
    [InlineData("'--seler' is not an option", "--seler", "5")]
    [InlineData("'data' is not an option", "data")]
    [InlineData("--data wants a value", "--data")]
    [InlineData("--data wants a value", "--data", "--sellers", "5")]
    [InlineData("--sellers takes a whole number", "--sellers", "-5")]
    [InlineData("--sellers takes a whole number", "--sellers=5000001")]
    [InlineData("give one of the two", "--sellers", "5", "--import", "x.csv")]
    [InlineData("there is no file 'x.csv'", "--import", "x.csv")]
    [InlineData("--keys takes a folder", "--keys", "")]
    [InlineData("--restored stands alone", "--restored=perhaps")]
    [InlineData("--database takes sqlite, or a connection string", "--database", "postgres")]
    [InlineData("--database takes sqlite, or a connection string", "--database", "")]
    [InlineData("--database takes sqlite, or a connection string", "--database", "Database=sellers")]
    [InlineData("--replicas are of a PostgreSQL", "--replicas", Postgres)]
    [InlineData("--replicas takes a connection string", "--database", Postgres, "--replicas", "b")]
    public void Bad_command_line_is_refused_with_a_reason(string expected, params string[] args)
    {
        Read(args, out var settings).ShouldNotBeNull().ShouldContain(expected);
        settings.ShouldBeNull();
    }

    [Fact]
    public void Good_command_line_is_taken()
    {
        Read(["--data", "/tmp/x", "--sellers=12", "--urls", "http://127.0.0.1:1", "--Logging:LogLevel:Default=Debug"], out var settings).ShouldBeNull();
        settings!.Sellers.ShouldBe(12);
        settings.DataFolder.FullName.ShouldBe(Path.GetFullPath("/tmp/x"));
        settings.KeyFolder.FullName.ShouldBe(Path.GetFullPath("/tmp/x/keys"));
        settings.ImportFile.ShouldBeNull();
        settings.IsRestored.ShouldBeFalse();
    }

    [Fact]
    public void Command_line_for_PostgreSQL_is_taken()
    {
        Read(["--restored", "--database", Postgres, "--replicas", "Host=b,c", "--keys", "/tmp/k"], out var settings).ShouldBeNull();
        settings!.IsRestored.ShouldBeTrue();
        settings.KeyFolder.FullName.ShouldBe(Path.GetFullPath("/tmp/k"));
    }

    // A password with a semicolon in it and no quotes is read as another keyword: the parser's own words would tell it.
    [Theory]
    [InlineData("--database", "Host=db;Password=hidden;secret")]
    [InlineData("--database", "Host=db;Port=secret")]
    [InlineData("--database=Host=db;Pasword=secret")]
    [InlineData("--databse=Host=db;Password=secret")]
    [InlineData("Host=db;Password=secret")]
    [InlineData("--database", Postgres, "--replicas", "Host=db;secret=1")]
    public void Mistake_in_a_connection_string_is_reported_without_the_password(params string[] args) =>
        Read(args, out _).ShouldNotBeNull().ShouldNotContain("secret");

    [Fact]
    public void Settings_as_text_hold_no_password()
    {
        Read(["--database", $"{Postgres};Password=secret"], out var settings).ShouldBeNull();
        settings!.ToString().ShouldNotBeNull().ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("Exports:OfferFrom", "0")]
    [InlineData("Exports:MaxAtOnce", "0")]
    [InlineData("Exports:MaxPerPerson", "-1")]
    [InlineData("Exports:KeepFor", "00:00:00")]
    [InlineData("Runs:MaxInAll", "0")]
    [InlineData("Sync:PullBurst", "0")]
    public async Task Bound_that_is_none_keeps_the_host_from_starting(string name, string value)
    {
        await using var host = new SellersHost { Settings = { [name] = value } };

        // What the host asks at its start, and then says and ends.
        Should.Throw<OptionsValidationException>(host.Services.GetRequiredService<IStartupValidator>().Validate).Message.ShouldContain($"in the section {name.Split(':')[0]} of the settings have to be");
    }

    private static string? Read(string[] args, out HostSettings? settings)
    {
        args = HostSettings.Complete(args);
        var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
        return HostSettings.TryRead(args, configuration, out settings, out var problem) ? null : problem;
    }
}
