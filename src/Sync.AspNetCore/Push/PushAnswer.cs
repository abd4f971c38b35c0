using System.Text.Json;
using System.Text.Json.Serialization;

namespace Collection.Sync.AspNetCore;

/// <summary>What is answered to a batch of edits, as JSON.</summary>
/// <param name="LastId">How far this client's mutations have been taken.</param>
/// <param name="Results">One a mutation, in their order.</param>
/// <param name="Rows">A page with the edited rows as they are now, or null where it would be larger than pages may be.</param>
internal sealed record PushAnswer(long LastId, IReadOnlyList<EditResult> Results, byte[]? Rows)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, s_json);
}

/// <summary>What has become of a mutation.</summary>
/// <param name="Id">The mutation.</param>
/// <param name="Status"><c>applied</c> or <c>rejected</c>.</param>
/// <param name="Reason">Why it was rejected, for programs: <c>missing</c>, <c>condition</c> or <c>constraint</c>.</param>
/// <param name="Detail">Why it was rejected, for people.</param>
internal sealed record EditResult(
    long Id,
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null)
{
    public const string Missing = "missing";
    public const string Condition = "condition";
    public const string Constraint = "constraint";

    public static EditResult Applied(long id) => new(id, "applied");

    public static EditResult Rejected(long id, string reason, string detail) => new(id, "rejected", reason, detail);
}
