using System.Net;
using System.Net.Http.Headers;
using Collection.Sync.Abstractions;

namespace Collection.Sync.Http;

public sealed partial class HttpSyncTransport
{
    private const string JsonMediaType = "application/json";

    /// <inheritdoc/>
    /// <remarks>
    /// An edit that cannot be said in JSON, or is larger than 1 MiB by itself, and a batch of more than 1 MiB or 500
    /// mutations are refused before anything is sent, in the way in which the server would refuse them.
    /// </remarks>
    /// <exception cref="ArgumentException">The batch has no mutations, or their ids do not count up by one.</exception>
    public async ValueTask<PushAnswer> PushAsync(CollectionSchema schema, OutboxBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Check(batch);
        var json = PushBody.Write(schema, batch);
        using var silence = new Silence(_options.IdleTimeout, json.Length, _timeProvider, cancellationToken);
        try
        {
            using var request = Request(HttpMethod.Post, $"sync/{schema.Name}/mutations", JsonMediaType);
            request.Content = new ReadOnlyMemoryContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonMediaType);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.GiveUp);
            var body = new BoundedBody(response.Content, silence);
            if (response.StatusCode != HttpStatusCode.OK)
                throw await Refusal.FromAsync(response, body, schema.Name, batch, _timeProvider);
            CheckMediaType(response, JsonMediaType, "an answer to edits", schema.Name);
            var answer = await body.ReadAsync(_options.MaxPushAnswerBytes)
                ?? throw PushReply.NotAnAnswer(schema.Name, $"it has more than {_options.MaxPushAnswerBytes} bytes");
            return PushReply.Read(answer, batch, schema.Name);
        }
        catch (Exception e) when (Silence.IsLoss(e, schema.Name, cancellationToken, out var offline))
        {
            throw offline;
        }
    }

    private static void Check(OutboxBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Mutations.IsDefaultOrEmpty)
            throw new ArgumentException("The batch has no mutations: send none instead.", nameof(batch));
        for (var i = 1; i < batch.Mutations.Length; i++)
        {
            if (batch.Mutations[i].Id != batch.Mutations[i - 1].Id + 1)
                throw new ArgumentException($"Mutation {batch.Mutations[i].Id} follows mutation {batch.Mutations[i - 1].Id}: ids count up by one.", nameof(batch));
        }
    }
}
