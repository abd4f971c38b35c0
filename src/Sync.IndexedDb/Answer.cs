using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>
/// What the script answers, in one array: the length of the JSON (u32), the JSON, and rows. <c>Script/messages.ts</c> writes
/// it. What every start and every scroll asks is read from the JSON itself: the serializer takes 50 ms to get ready for its
/// first use in WebAssembly.
/// </summary>
internal readonly struct Answer
{
    private readonly JsonElement _message;
    private readonly ReadOnlyMemory<byte> _bytes;

    private Answer(JsonElement message, ReadOnlyMemory<byte> bytes) => (_message, _bytes) = (message, bytes);

    public StoreStatus Status => ToStatus(Get("status"));

    /// <summary>The rows of a view.</summary>
    public int Count => Get("count").GetInt32();

    public long Revision => Get("revision").GetInt64();

    public ViewChange Change
    {
        get
        {
            var change = Get("change");
            return new ViewChange(Counts(change, "inserted"), Counts(change, "removed"), Counts(change, "changed"), change.GetProperty("start").GetInt32());
        }
    }

    /// <summary>Where a key was found; null where it was not.</summary>
    public int? Position => Get("position") is { ValueKind: JsonValueKind.Number } position ? position.GetInt32() : null;

    public IReadOnlyList<string> Values => [.. Get("values").EnumerateArray().Select(value => value.GetString()!)];

    public long Fence => Get("fence").GetInt64();

    public IReadOnlyList<OutcomeMessage> Outcomes => Get("outcomes").Deserialize(MessageContext.Default.IReadOnlyListOutcomeMessage)!;

    public IReadOnlyList<EntryMessage> Entries => Get("entries").Deserialize(MessageContext.Default.IReadOnlyListEntryMessage)!;

    /// <summary>Null where there is none yet.</summary>
    public string? ClientId => _message.TryGetProperty("clientId", out var id) ? id.GetString() : null;

    /// <summary>Null where the browser does not tell.</summary>
    public StorageUsage? Usage => _message.ValueKind == JsonValueKind.Object && _message.TryGetProperty("usage", out var usage)
        ? new StorageUsage(usage.GetProperty("usageBytes").GetInt64(), usage.GetProperty("quotaBytes").GetInt64(), usage.GetProperty("isPersisted").GetBoolean())
        : null;

    public StoreDiagnosis Diagnosis => Get("diagnosis").Deserialize(MessageContext.Default.StoreDiagnosis)!;

    /// <summary>Reads an answer, and throws where it tells of a failure.</summary>
    public static Answer Read(byte[] bytes)
    {
        if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - 4)
            throw Unreadable($"its {bytes.Length} bytes are no message");
        var message = length == 0 ? default : JsonElement.Parse(bytes.AsSpan(4, (int)length));
        if (length > 0 && message.TryGetProperty("error", out var error))
            throw ToException(message, error.GetString()!);
        return new Answer(message, bytes.AsMemory(4 + (int)length));
    }

    public static StoreStatus ReadStatus(string json) => ToStatus(JsonElement.Parse(json));

    public static StoreHealth ReadHealth(string json) =>
        JsonSerializer.Deserialize(json, MessageContext.Default.StoreHealth) ?? throw Unreadable("it tells nothing of the browser");

    /// <summary>The rows behind the message.</summary>
    public RowBatch Rows(int count)
    {
        try
        {
            return RowBatch.Over(_bytes, count);
        }
        catch (PageFormatException exception)
        {
            throw new SyncStoreException(SyncStoreFailure.Corrupt, "The rows that the local database returned do not read back. Fill the collection again.", exception);
        }
    }

    private JsonElement Get(string name) => _message.ValueKind == JsonValueKind.Object && _message.TryGetProperty(name, out var value)
        ? value
        : throw Unreadable($"it has no '{name}'");

    private static StoreStatus ToStatus(JsonElement status) => new(
        status.GetProperty("cursor").GetString() is { } cursor ? new SyncCursor(cursor) : null,
        status.GetProperty("isComplete").GetBoolean(),
        status.GetProperty("rowCount").GetInt32(),
        status.GetProperty("generation").GetInt64(),
        status.GetProperty("revision").GetInt64())
    {
        Writes = status.GetProperty("writes").GetInt64(),
        Epoch = status.GetProperty("epoch") is { ValueKind: JsonValueKind.Number } epoch ? epoch.GetInt64() : null,
        IsRefilling = status.GetProperty("isRefilling").GetBoolean(),
        PendingCount = status.GetProperty("pendingCount").GetInt32(),
        DeadLetterCount = status.GetProperty("deadLetterCount").GetInt32(),
    };

    /// <summary>Above, inside and below a window.</summary>
    private static RowCounts Counts(JsonElement change, string name)
    {
        var counts = change.GetProperty(name);
        return new RowCounts(counts[0].GetInt32(), counts[1].GetInt32(), counts[2].GetInt32());
    }

    private static Exception ToException(JsonElement answer, string error)
    {
        var message = answer.GetProperty("message").GetString()!;
        return error switch
        {
            "page" => new PageFormatException(Enum.Parse<PagePart>(answer.GetProperty("part").GetString()!), answer.GetProperty("offset").GetInt64(), message),
            "quota" => new SyncStoreException(SyncStoreFailure.QuotaExceeded, message),
            "unavailable" or "reload" => new SyncStoreException(SyncStoreFailure.Unavailable, message),
            "superseded" => new SyncStoreException(SyncStoreFailure.Superseded, message),
            "corrupt" => new SyncStoreException(SyncStoreFailure.Corrupt, message),
            _ => new SyncStoreException(SyncStoreFailure.Failed, message),
        };
    }

    private static SyncStoreException Unreadable(string why) => new(
        SyncStoreFailure.Failed, $"The script of the local database answered something else than was asked: {why}. Script and app may be of different versions; reload the page.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(KeyMessage)])]
[JsonSerializable(typeof(StoreDiagnosis))]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(IReadOnlyList<OutcomeMessage>))]
[JsonSerializable(typeof(IReadOnlyList<EntryMessage>))]
[JsonSerializable(typeof(EditMessage[]))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
[JsonSerializable(typeof(ResultMessage[]))]
internal sealed partial class MessageContext : JsonSerializerContext;
