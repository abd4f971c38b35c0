using System.Net;
using System.Net.Http.Json;
using Sellers.Client.Shell;
using Sellers.Contracts;

namespace Sellers.Client.Session;

/// <summary>Who uses the app. Remembers the person, so that the app opens their data when there is no server to ask.</summary>
public sealed class SessionClient(HttpClient http, Browser browser)
{
    private const string UserKey = "sellers.user";
    private const string NameKey = "sellers.name";

    /// <summary>The person, or null where somebody has to sign in first.</summary>
    public string? User { get; private set; }

    /// <summary>The person's name.</summary>
    public string DisplayName { get; private set; } = "";

    /// <summary>Finds out who is signed in: asks the server, or without one takes who was here last.</summary>
    public async Task RestoreAsync()
    {
        try
        {
            using var response = await http.GetAsync(new Uri("session", UriKind.Relative));
            await TakeAsync(response);
        }
        catch (HttpRequestException)
        {
            // No server: the rows are here all the same, and the sync status says that it is offline.
            User = await browser.ReadAsync(UserKey);
            DisplayName = await browser.ReadAsync(NameKey) ?? "";
        }
    }

    /// <summary>Signs in.</summary>
    /// <returns>Null, or why it did not work, for the person to read.</returns>
    public async Task<string?> SignInAsync(string user, string password)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "session")
            {
                Content = JsonContent.Create(new SignInRequest(user, password), SessionJson.Default.SignInRequest),
            };
            using var response = await http.SendAsync(request);
            if (!response.IsSuccessStatusCode)
                return await Requests.ReasonAsync(response);
            await TakeAsync(response);
            return null;
        }
        catch (HttpRequestException)
        {
            return Requests.Unreachable;
        }
    }

    /// <summary>Signs out on the server and forgets the person here.</summary>
    /// <returns>Null, or why it did not work, for the person to read.</returns>
    public async Task<string?> SignOutAsync()
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, "session");
            using var response = await http.SendAsync(request);
            // 401: the session had ended before.
            if (!response.IsSuccessStatusCode && response.StatusCode != HttpStatusCode.Unauthorized)
                return await Requests.ReasonAsync(response);
        }
        catch (HttpRequestException)
        {
            return "Signing out needs the server, which cannot be reached. Try again once you are online.";
        }

        User = null;
        await RememberAsync();
        return null;
    }

    private async Task TakeAsync(HttpResponseMessage response)
    {
        var session = await ReadAsync(response);
        User = session.User;
        DisplayName = session.DisplayName ?? "";
        await RememberAsync();
    }

    private static async Task<Contracts.Session> ReadAsync(HttpResponseMessage response)
    {
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(SessionJson.Default.Session)
            ?? throw new HttpRequestException("The server sent an empty session.");
    }

    private async Task RememberAsync()
    {
        await browser.WriteAsync(UserKey, User);
        await browser.WriteAsync(NameKey, User is null ? null : DisplayName);
    }
}
