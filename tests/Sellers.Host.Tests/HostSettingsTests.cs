using Microsoft.Extensions.Configuration;
using Sellers.Host;

namespace Collection.Sellers.Host.Tests;

public sealed class HostSettingsTests
{
    [Theory]
    [InlineData("'--seler' is not an option", "--seler", "5")]
    [InlineData("'data' is not an option", "data")]
    [InlineData("--data wants a value", "--data")]
    [InlineData("--data wants a value", "--data", "--sellers", "5")]
    [InlineData("--sellers takes a whole number", "--sellers", "-5")]
    [InlineData("--sellers takes a whole number", "--sellers=5000001")]
    [InlineData("give one of the two", "--sellers", "5", "--import", "x.csv")]
    [InlineData("there is no file 'x.csv'", "--import", "x.csv")]
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
        settings.ImportFile.ShouldBeNull();
    }

    private static string? Read(string[] args, out HostSettings? settings)
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
        return HostSettings.TryRead(args, configuration, out settings, out var problem) ? null : problem;
    }
}
