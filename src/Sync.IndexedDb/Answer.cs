using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;
using Collection.Sync.Abstractions;

namespace Collection.Sync.IndexedDb;

/// <summary>What the script answers, in one array: the length of the JSON (u32), the JSON, and rows. <c>Script/messages.ts</c> writes it.</summary>
internal sealed record Answer(AnswerMessage Message, ReadOnlyMemory<byte> Bytes)
{
    private static readonly AnswerMessage Nothing = new();

    public StoreStatus Status => ToStatus(Message.Status ?? throw Unreadable("it has no status"));

    public ViewChange Change => Message.Change?.ToChange() ?? throw Unreadable("it does not say what has changed");

    /// <summary>Reads an answer, and throws where it tells of a failure.</summary>
    public static Answer Read(byte[] bytes)
    {
        if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - 4)
            throw Unreadable($"its {bytes.Length} bytes are no message");
        var json = bytes.AsMemory(4, (int)length);
        var message = json.IsEmpty ? Nothing : JsonSerializer.Deserialize(json.Span, MessageContext.Default.AnswerMessage)!;
        return message.Error is null ? new Answer(message, bytes.AsMemory(4 + (int)length)) : throw ToException(message, message.Error);
    }

    public static StoreStatus ReadStatus(string json) =>
        ToStatus(JsonSerializer.Deserialize(json, MessageContext.Default.StatusMessage) ?? throw Unreadable("it has no status"));

    public static StoreHealth ReadHealth(string json) =>
        JsonSerializer.Deserialize(json, MessageContext.Default.StoreHealth) ?? throw Unreadable("it tells nothing of the browser");

    /// <summary>The rows behind the message.</summary>
    public RowBatch Rows(int count)
    {
        try
        {
            return RowBatch.Over(Bytes, count);
        }
        catch (PageFormatException exception)
        {
            throw new SyncStoreException(SyncStoreFailure.Corrupt, "The rows that the local database returned do not read back. Fill the collection again.", exception);
        }
    }

    private static StoreStatus ToStatus(StatusMessage status) =>
        new(status.Cursor is null ? null : new SyncCursor(status.Cursor), status.IsComplete, status.RowCount, status.Generation, status.Revision)
        {
            Writes = status.Writes,
            Epoch = status.Epoch,
            IsRefilling = status.IsRefilling,
            PendingCount = status.PendingCount,
            DeadLetterCount = status.DeadLetterCount,
        };

    private static Exception ToException(AnswerMessage message, string error) => error switch
    {
        "page" => new PageFormatException(Enum.Parse<PagePart>(message.Part!), message.Offset, message.Message!),
        "quota" => new SyncStoreException(SyncStoreFailure.QuotaExceeded, message.Message!),
        "unavailable" or "reload" => new SyncStoreException(SyncStoreFailure.Unavailable, message.Message!),
        "superseded" => new SyncStoreException(SyncStoreFailure.Superseded, message.Message!),
        "corrupt" => new SyncStoreException(SyncStoreFailure.Corrupt, message.Message!),
        _ => new SyncStoreException(SyncStoreFailure.Failed, message.Message!),
    };

    private static SyncStoreException Unreadable(string why) => new(
        SyncStoreFailure.Failed, $"The script of the local database answered something else than was asked: {why}. Script and app may be of different versions; reload the page.");
}

/// <summary>The JSON of an answer.</summary>
internal sealed record AnswerMessage
{
    public StatusMessage? Status { get; init; }

    public int Count { get; init; }

    public long Revision { get; init; }

    public ChangeMessage? Change { get; init; }

    public int? Position { get; init; }

    public IReadOnlyList<string> Values { get; init; } = [];

    public long Fence { get; init; }

    public IReadOnlyList<OutcomeMessage> Outcomes { get; init; } = [];

    public string? ClientId { get; init; }

    public IReadOnlyList<EntryMessage> Entries { get; init; } = [];

    public StorageUsage? Usage { get; init; }

    /// <summary>What can be done about a failure; null where there is none.</summary>
    public string? Error { get; init; }

    public string? Message { get; init; }

    public string? Part { get; init; }

    public long Offset { get; init; }
}

/// <summary>A <see cref="StoreStatus"/> as the script says it.</summary>
internal sealed record StatusMessage(
    string? Cursor, bool IsComplete, int RowCount, long Generation, long Revision,
    long Writes, long? Epoch, bool IsRefilling, int PendingCount, int DeadLetterCount);

/// <summary>A <see cref="ViewChange"/> as the script says it: three counts each.</summary>
internal sealed record ChangeMessage(int[] Inserted, int[] Removed, int[] Changed, int Start)
{
    public ViewChange ToChange() => new(ToCounts(Inserted), ToCounts(Removed), ToCounts(Changed), Start);

    private static RowCounts ToCounts(int[] counts) => new(counts[0], counts[1], counts[2]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AnswerMessage))]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(SchemaMessage))]
[JsonSerializable(typeof(QueryMessage))]
[JsonSerializable(typeof(EditMessage[]))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
[JsonSerializable(typeof(ResultMessage[]))]
internal sealed partial class MessageContext : JsonSerializerContext;
