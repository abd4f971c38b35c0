using Microsoft.Playwright;

namespace Collection.Browser.Tests;

/// <summary>A test with a Chromium of its own, and in it the profile of one person.</summary>
public abstract class ChromiumTest : IAsyncLifetime
{
    private readonly Chromium _chromium = new();
    private IBrowserContext? _profile;

    /// <summary>The profile that was made last: its tabs share what is stored.</summary>
    protected IBrowserContext Profile => _profile ?? throw new InvalidOperationException("There is no profile yet: call NewProfileAsync.");

    public Task InitializeAsync() => _chromium.InitializeAsync();

    public async Task DisposeAsync()
    {
        if (_profile is not null)
            await _profile.DisposeAsync();
        await _chromium.DisposeAsync();
    }

    /// <summary>Throws the profile away, and makes one in which nobody has been here.</summary>
    protected async Task<IBrowserContext> NewProfileAsync(HostProcess host)
    {
        if (_profile is not null)
            await _profile.DisposeAsync();
        return _profile = await _chromium.NewContextAsync(host.Address);
    }
}
