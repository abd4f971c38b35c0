using System.Buffers;
using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Collection.Sync.Abstractions;

namespace Collection.Sync.AspNetCore;

/// <summary>Collects what a batch has changed, and writes it to the <see cref="EditLog"/> in one statement.</summary>
internal sealed class EditLogWriter(CollectionSchema schema)
{
    // Escaped as JSON asks, and no further: people read it.
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(PushedEdit Edit, string Changes)> _entries = [];

    /// <param name="edit">The mutation.</param>
    /// <param name="before">The row before it.</param>
    /// <param name="kept">What its fields hold now, in their order.</param>
    public void Add(PushedEdit edit, object?[] before, object?[] kept)
    {
        var changed = edit.Fields.Select((field, i) => (field.Field, From: before[field.Field], To: kept[i])).Where(c => !Equals(c.From, c.To)).ToImmutableArray();
        if (changed.IsEmpty)
            return;
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, s_json))
        {
            json.WriteStartObject();
            foreach (var (field, from, to) in changed)
            {
                json.WriteStartObject(schema.Fields[field].Name);
                json.WritePropertyName("from");
                EditValue.Write(json, schema.Fields[field], from);
                json.WritePropertyName("to");
                EditValue.Write(json, schema.Fields[field], to);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        _entries.Add((edit, Encoding.UTF8.GetString(output.WrittenSpan)));
    }

    public async ValueTask WriteAsync(string user, string clientId, long receivedAt, DbTransaction transaction, CancellationToken cancellationToken)
    {
        if (_entries.Count == 0)
            return;
        await using var command = transaction.Command(
            "", ("collection", schema.Name), ("user", user), ("client", clientId), ("received", receivedAt));
        var sql = new StringBuilder("INSERT INTO sync_edits (collection, row_key, user_id, changes, client_id, mutation_id, made_at, received_at, correlation_id) VALUES ");
        for (var i = 0; i < _entries.Count; i++)
        {
            var (edit, changes) = _entries[i];
            sql.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? ", " : "")}(@collection, @k{i}, @user, @c{i}, @client, @m{i}, @t{i}, @received, @o{i})");
            command.Add($"k{i}", edit.Key.Value);
            command.Add($"c{i}", changes);
            command.Add($"m{i}", edit.Id);
            // With their types: a list of values that are all missing has none to go by.
            command.Add($"t{i}", edit.MadeAt).DbType = DbType.Int64;
            command.Add($"o{i}", edit.CorrelationId).DbType = DbType.String;
        }

        command.CommandText = sql.ToString();
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
