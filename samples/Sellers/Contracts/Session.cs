using System.Text.Json.Serialization;

namespace Sellers.Contracts;

/// <summary>The answer of <c>GET /session</c> and <c>POST /session</c>.</summary>
/// <param name="User">Who is signed in; null for nobody.</param>
/// <param name="DisplayName">The person's name.</param>
/// <param name="AntiforgeryToken">Sent back with every write, in the header <see cref="AntiforgeryHeader"/>.</param>
public sealed record Session(string? User, string? DisplayName, string AntiforgeryToken)
{
    /// <summary>The header that carries the anti-forgery token; in an answer it says that the token was missing or no longer good.</summary>
    public const string AntiforgeryHeader = "X-Antiforgery-Token";
}

/// <summary>The body of <c>POST /session</c>.</summary>
public sealed record SignInRequest(string User, string Password);

/// <summary>What a refused request says, after RFC 9457.</summary>
public sealed record Problem(string? Title, string? Detail);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(Problem))]
public sealed partial class SessionJson : JsonSerializerContext;
