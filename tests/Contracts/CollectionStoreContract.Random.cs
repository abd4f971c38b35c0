using Collection.Sync.Abstractions;
using Change = Collection.Contracts.CollectionStoreContractModel.Change;
using Entry = Collection.Contracts.CollectionStoreContractModel.Entry;

namespace Collection.Contracts;

// Short random sequences of operations, each on a collection of its own, against a plain model.
public abstract partial class CollectionStoreContract
{
    /// <summary>How many random sequences of operations are tried; each takes about 12 calls and a few views.</summary>
    protected virtual int RandomSequences => 1000;

    // What keys are is no matter to most operations: one in five sequences each.
    [Theory]
    [InlineData(FieldKind.Int64, 1)]
    [InlineData(FieldKind.Text, 5)]
    [InlineData(FieldKind.Guid, 5)]
    public async Task RandomOperations_LeaveWhatAPlainModelSays(FieldKind keyKind, int share)
    {
        for (var seed = 1; seed <= RandomSequences / share; seed++)
        {
            var sequence = new RandomSequence(this, seed, keyKind);
            try
            {
                await sequence.RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {string.Join("; ", sequence.Trace)}: {e.Message}", e);
            }
        }
    }

    private sealed partial class RandomSequence(CollectionStoreContract contract, int seed, FieldKind keyKind)
    {
        private readonly Random _random = new(seed);
        private readonly CollectionSchema _schema = MakeSchema($"things_{seed}", SortDirection.Ascending, keyKind);
        private readonly CollectionStoreContractModel _model = new();
        private readonly List<(OutboxBatch Batch, IReadOnlyList<long> Keys)> _batches = [];
        private ICollectionStore _store = null!;
        private IStoreView? _view;
        private ViewQuery _query = ViewQuery.All;
        private long _fence;
        private long _version;
        private int _clients;
        private (PullStart Start, (string? Cursor, int Time) Model) _asked;

        public List<string> Trace { get; } = [];

        public async Task RunAsync()
        {
            await OpenAsync();
            await ApplyAsync(Enumerable.Range(1, 3).Select(key => new Change(key, NextVersion(), RandomRow())).ToList());
            for (var steps = _random.Next(7, 15); steps > 0; steps--)
            {
                await StepAsync();
                CheckStatus();
                if (_random.Next(4) == 0)
                    await CheckRowsAsync(isLast: false);
                if (_random.Next(4) == 0)
                    await FollowAsync();
            }

            await CheckRowsAsync(isLast: true);
            await CheckOutboxAsync();
            await FollowAsync();
            await (_view?.DisposeAsync() ?? default);
            await _store.DisposeAsync();
        }

        private Task StepAsync() => _random.Next(22) switch
        {
            < 4 => ApplyAsync(RandomPage()),
            < 6 => HintAsync(),
            < 12 => EditAsync(),
            < 14 => SealAsync(),
            < 17 => AcknowledgeAsync(),
            17 => ResetAsync(),
            18 => ChangeEntriesAsync(),
            19 => SetAsideAsync(),
            20 => _random.Next(2) == 0 ? RenumberAsync() : ReopenAsync(),
            _ => AskAsync(),
        };

        private async Task OpenAsync()
        {
            _store = await contract.OpenAsync(_schema);
            _fence = await _store.LeadAsync(default);
        }

        private async Task ApplyAsync(IReadOnlyList<Change> page)
        {
            if (_asked == default || _random.Next(4) > 0)
                await AskAsync();
            var (more, epoch, next) = (_random.Next(2) == 0, _model.Status.Epoch ?? _random.Next(1, 3), $"c{++_version}");
            Say($"apply {Text(page)} after {_asked.Start.Cursor?.Value} more {more} epoch {epoch}");
            _model.Apply(page, _asked.Model, next, more, epoch);
            await _store.ApplyAsync(Build(page, next, more, epoch), _asked.Start, _fence, default);
        }

        private Task AskAsync()
        {
            Say("ask");
            _asked = (Ask(_store), _model.Ask());
            return Task.CompletedTask;
        }

        private async Task HintAsync()
        {
            var (page, epoch) = (RandomPage(), _random.Next(1, 3));
            Say($"hint {Text(page)} epoch {epoch}");
            _model.Hint(page, epoch);
            await _store.ApplyHintAsync(Build(page, "hint", more: false, epoch), _fence, default);
        }

        private async Task EditAsync()
        {
            List<RowEdit> edits = [];
            List<EditResult> results = [];
            for (var count = _random.Next(1, 3); count > 0; count--)
            {
                var key = _random.Next(1, 5);
                var (fields, condition) = (RandomValues(_random.Next(1, 3)), RandomValues(Math.Max(0, _random.Next(-2, 3))));
                if (_random.Next(4) > 0 && _model.Show(key) is { } row)
                    condition = condition.Keys.ToDictionary(field => field, field => row[field]);
                Say($"edit {key} {Text(fields)} if {Text(condition)}");
                results.Add(_model.Edit(key, fields, condition));
                edits.Add(Edit(key, fields, condition));
            }

            var outcomes = await _store.Outbox.EditAsync(edits, Made, default);
            outcomes.Select(outcome => outcome.Result).ShouldBe(results);
        }

        private async Task SealAsync()
        {
            var (clientId, maxCount) = ($"client{_clients}", _random.Next(1, 4));
            Say($"seal {maxCount}");
            var expected = _model.Seal(clientId, maxCount);
            var batch = await _store.Outbox.SealAsync(clientId, maxCount, _fence, default);
            batch.Mutations.ShouldBe(expected.Select(entry => new Mutation(entry.Id, EditOf(entry), Made)));
            if (expected.Count > 0)
                _batches.Add((batch, [.. expected.Select(entry => entry.Key)]));
        }

        private async Task AcknowledgeAsync()
        {
            if (_batches.Count == 0)
                return;
            var (batch, keys) = _batches[_random.Next(2) == 0 ? ^1 : _random.Next(_batches.Count)];
            var results = batch.Mutations.Select(mutation => (mutation.Id, Rejection: _random.Next(4) == 0 ? "condition" : null)).ToList();
            var rows = _random.Next(3) == 0 ? null : keys.Distinct().Where(_ => _random.Next(5) > 0).Select(RandomChange).ToList();
            var epoch = _random.Next(1, 3);
            Say($"acknowledge {batch.ClientId} {string.Join(',', results)} rows {(rows is null ? "none" : Text(rows))} epoch {epoch}");
            _model.Acknowledge(batch.ClientId, results, rows, epoch);
            var answer = new PushAnswer([.. results.Select(result => new MutationResult(result.Id, result.Rejection))], rows is null ? null : Build(rows, "rows", more: false, epoch));
            await _store.Outbox.AcknowledgeAsync(batch, answer, _fence, default);
        }

        private async Task ResetAsync()
        {
            Say("reset");
            _model.Reset();
            await _store.ResetAsync(_fence, default);
        }

        private async Task ChangeEntriesAsync()
        {
            var isRetry = _random.Next(2) == 0;
            var (pending, dead) = (await PendingAsync(_store), await DeadLettersAsync(_store));
            var known = _model.Pending.Concat(_model.Dead).Zip(pending.Concat(dead)).Where(_ => _random.Next(2) == 0).OrderBy(pair => pair.Second.Number).ToList();
            List<long> numbers = [.. known.Select(pair => pair.Second.Number)];
            Say($"{(isRetry ? "retry" : "discard")} {string.Join(',', numbers)}");
            if (isRetry)
            {
                _model.Retry(known.Select(pair => pair.First));
                await _store.Outbox.RetryAsync(numbers, Made, default);
            }
            else
            {
                _model.Discard(known.Select(pair => pair.First));
                await _store.Outbox.DiscardAsync(numbers, default);
            }
        }

        private async Task SetAsideAsync()
        {
            var id = _random.Next(1, 4);
            Say($"set {id} aside");
            _model.SetAside(id, "value");
            await _store.Outbox.SetAsideAsync(id, "value", null, _fence, default);
        }

        private async Task RenumberAsync()
        {
            Say("renumber");
            _clients++;
            _model.Renumber();
            await _store.Outbox.RenumberAsync(_fence, default);
        }

        private async Task ReopenAsync()
        {
            Say("reopen");
            await (_view?.DisposeAsync() ?? default);
            _view = null;
            await _store.DisposeAsync();
            await OpenAsync();
        }

        private void CheckStatus()
        {
            var status = _store.Status;
            (status.Cursor?.Value, status.Epoch, status.IsComplete, status.RowCount, status.PendingCount, status.DeadLetterCount).ShouldBe(_model.Status);
        }

        private async Task CheckRowsAsync(bool isLast)
        {
            var expected = _model.Rows().Select(row => ThingOf(row.Key, row.Value)).ToList();
            (await ThingsAsync(_store)).ShouldBe(expected);
            if (!isLast)
                return;
            var name = RandomValue("name") as string;
            (await KeysAsync(_store, Where("name", name))).ShouldBe(expected.Where(thing => Fold(thing.Name) == Fold(name)).Select(thing => thing.Id));
            (await KeysAsync(_store, Searched(name![1..]))).ShouldBe(expected.Where(thing => $"{Fold(thing.Name)}\n{Fold(thing.Label)}".Contains(Fold(name[1..]))).Select(thing => thing.Id));
        }

        private async Task CheckOutboxAsync()
        {
            (await PendingAsync(_store)).Select(entry => (entry.Edit, entry.IsSent)).ShouldBe(_model.Pending.Select(entry => (EditOf(entry), entry.State == CollectionStoreContractModel.State.Sent)));
            (await DeadLettersAsync(_store)).Select(entry => (entry.Edit, entry.Rejection)).ShouldBe(_model.Dead.Select(entry => (EditOf(entry), entry.Rejection)));
        }

        private static string Fold(string? text) => text?.ToLowerInvariant() ?? "";

        private RowEdit EditOf(Entry entry) => Edit(entry.Key, entry.Fields, entry.If);

        private RowEdit Edit(long key, Dictionary<string, object?> fields, Dictionary<string, object?> condition) =>
            new(KeyOf(keyKind, key), Values([.. fields.Select(value => (value.Key, value.Value))])) { If = Values([.. condition.Select(value => (value.Key, value.Value))]) };

        private static Thing ThingOf(long key, Dictionary<string, object?> row) => new(key, (string)row["name"]!)
        {
            Label = (string?)row["label"],
            Rank = (int?)row["rank"],
            Active = (bool?)row["active"],
            SeenAt = (DateTimeOffset?)row["seen_at"],
            Memo = (string?)row["memo"],
        };

        private byte[] Build(IReadOnlyList<Change> changes, string next, bool more, long epoch)
        {
            var page = new PageBuilder(_schema);
            foreach (var (key, version, values) in changes)
            {
                if (values is null)
                    page.Delete(KeyOf(keyKind, key), version);
                else
                    page.Upsert(version, ValueOf(KeyOf(keyKind, key)), values["name"], values["label"], values["rank"], 0, null, values["active"], values["seen_at"], values["memo"]);
            }

            return page.Build(next, more, epoch: epoch);
        }

        private List<Change> RandomPage() => [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => RandomChange(_random.Next(1, 5)))];

        private Change RandomChange(long key) => new(key, NextVersion(), _random.Next(5) == 0 ? null : RandomRow());

        // Some come late: they are older than what was told before.
        private RowVersion NextVersion() => new(++_version > 5 && _random.Next(5) == 0 ? _version - 5 : _version, _version);

        private Dictionary<string, object?> RandomRow() => RandomValues(6);

        private Dictionary<string, object?> RandomValues(int count)
        {
            string[] fields = ["name", "label", "rank", "active", "seen_at", "memo"];
            _random.Shuffle(fields);
            return fields.Take(count).ToDictionary(field => field, RandomValue);
        }

        // Few values, so that conditions hold now and then.
        private object? RandomValue(string field) => (field, _random.Next(3)) switch
        {
            ("name", 0) => "Ärger",
            ("name", 1) => "BERGER",
            ("name", _) => "berger",
            (_, 0) => null,
            ("label", 1) => "\U0001f600 BERG",
            ("memo" or "label", _) => "Ä",
            ("rank", var number) => number * 100_000,
            ("active", var number) => number == 1,
            (_, var number) => Noon.AddDays(number),
        };

        private void Say(string step) => Trace.Add(step);

        private static string Text(IEnumerable<Change> page) =>
            string.Join(' ', page.Select(change => $"{change.Key}@{change.Version.Transaction}/{change.Version.Sequence}{(change.Values is null ? " deleted" : Text(change.Values))}"));

        private static string Text(Dictionary<string, object?> values) => $"{{{string.Join(',', values.Select(value => $"{value.Key}={value.Value ?? "null"}"))}}}";
    }
}
