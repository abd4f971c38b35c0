using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>A test in a Chromium that all share, one after the other; in it the profile of one person, which nothing of another test is in.</summary>
[Collection(nameof(Chromium))]
public abstract class ChromiumTest(Chromium chromium) : IAsyncLifetime
{
    private IBrowserContext? _profile;

    /// <summary>The profile that was made last: its tabs share what is stored.</summary>
    protected IBrowserContext Profile => _profile ?? throw new InvalidOperationException("There is no profile yet: call NewProfileAsync.");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_profile is not null)
            await _profile.DisposeAsync();
    }

    /// <summary>Throws the profile away, and makes one in which nobody has been here.</summary>
    protected async Task<IBrowserContext> NewProfileAsync(HostProcess host)
    {
        if (_profile is not null)
            await _profile.DisposeAsync();
        return _profile = await chromium.NewContextAsync(host.Address);
    }
}
