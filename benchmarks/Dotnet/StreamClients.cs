using System.Diagnostics;
using System.Text;

namespace Collection.Benchmarks.Dotnet;

/// <summary>Many open streams that are read as cheaply as can be: an event is found and compared, and not decoded.</summary>
internal sealed class StreamClients : IAsyncDisposable
{
    private const int OpenedAtOnce = 50;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly List<Task> _readers = [];
    private readonly string _event;
    private Arrivals _arrivals = new(0);

    private StreamClients(string @event) => _event = @event;

    /// <summary>Opens streams, and returns once each has had its first event.</summary>
    /// <param name="host">The server.</param>
    /// <param name="path">Where the streams are.</param>
    /// <param name="event">The name of the events with changes.</param>
    /// <param name="count">How many.</param>
    public static async Task<StreamClients> OpenAsync(StreamHost host, string path, string @event, int count)
    {
        var clients = new StreamClients(@event);
        try
        {
            var all = Enumerable.Range(0, count);
            await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce }, async (index, cancellationToken) =>
            {
                var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var reader = clients.ReadAsync(await host.OpenAsync(path, clients._ended.Token), index, ready);
                lock (clients._readers)
                    clients._readers.Add(reader);
                await ready.Task.WaitAsync(s_patience, cancellationToken);
            });
            return clients;
        }
        catch (HttpRequestException e)
        {
            await clients.DisposeAsync();
            throw new InvalidOperationException($"{count} streams could not be opened. Both processes need a connection for each: where 'ulimit -n' says less than {2 * count}, raise it, and run this again.", e);
        }
        catch
        {
            await clients.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every stream has received one event with changes, from now on.</summary>
    public async Task<Arrivals> ReceiveAsync(Func<Task> commitAsync)
    {
        var arrivals = new Arrivals(_readers.Count);
        Volatile.Write(ref _arrivals, arrivals);
        await commitAsync();
        await arrivals.Complete.WaitAsync(s_patience);
        return arrivals;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_readers);
        _ended.Dispose();
    }

    private async Task ReadAsync(Stream stream, int index, TaskCompletionSource ready)
    {
        var buffer = new byte[16 * 1024];
        var filled = 0;
        try
        {
            await using (stream)
            {
                while (true)
                {
                    if (filled == buffer.Length)
                        Array.Resize(ref buffer, buffer.Length * 2);
                    var read = await stream.ReadAsync(buffer.AsMemory(filled), _ended.Token);
                    if (read == 0)
                        throw new EndOfStreamException("A stream has ended.");
                    filled += read;
                    for (int end; (end = buffer.AsSpan(0, filled).IndexOf("\n\n"u8)) >= 0;)
                    {
                        Take(buffer.AsSpan(0, end), index, ready);
                        filled -= end + 2;
                        buffer.AsSpan(end + 2, filled).CopyTo(buffer);
                    }
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            if (_ended.IsCancellationRequested)
                return;
            ready.TrySetException(e);
            Volatile.Read(ref _arrivals).Fail(e);
        }
    }

    private void Take(ReadOnlySpan<byte> text, int index, TaskCompletionSource ready)
    {
        switch (Encoding.ASCII.GetString(Field(text, "event: "u8)))
        {
            case "ready":
                ready.TrySetResult();
                break;
            case "ping":
                break;
            case var other when other == _event:
                Volatile.Read(ref _arrivals).Add(index, Field(text, "data: "u8));
                break;
            case var other:
                Volatile.Read(ref _arrivals).Fail(new InvalidDataException($"A stream has received the event '{other}'."));
                break;
        }
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        foreach (var range in text.Split((byte)'\n'))
        {
            if (text[range].StartsWith(name))
                return text[range][name.Length..];
        }

        return [];
    }
}

/// <summary>When an event has reached each of a number of streams, to which it comes once and with the same bytes.</summary>
internal sealed class Arrivals(int streams)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _times = new long[streams];
    private byte[]? _data;
    private int _missing = streams;

    public Task Complete => _complete.Task;

    /// <summary>By stream, as <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public IReadOnlyList<long> Times => _times;

    public byte[] Data => _data!;

    public void Add(int stream, ReadOnlySpan<byte> data)
    {
        var now = Stopwatch.GetTimestamp();
        if (_data is null)
            Interlocked.CompareExchange(ref _data, data.ToArray(), null);
        if (stream >= _times.Length || Interlocked.Exchange(ref _times[stream], now) != 0 || !data.SequenceEqual(_data))
            Fail(new InvalidDataException("A stream has received an event twice, or another one than the first stream, so the times mean nothing."));
        else if (Interlocked.Decrement(ref _missing) == 0)
            _complete.TrySetResult();
    }

    public void Fail(Exception problem) => _complete.TrySetException(problem);
}
