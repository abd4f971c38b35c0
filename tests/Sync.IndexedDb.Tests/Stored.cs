using System.Text.Json;
using Microsoft.Playwright;

namespace Collection.Sync.IndexedDb.Tests;

/// <summary>What a database holds, read past the store.</summary>
/// <param name="Retired">Generations that have been replaced and are not swept yet.</param>
/// <param name="Rewriting">The generation that a compaction has begun.</param>
/// <param name="Used">The generations that the collections' records name, retired ones aside.</param>
/// <param name="Generations">The generations that anything is stored of.</param>
/// <param name="Shown">The generation that views show.</param>
/// <param name="Segments">How many records the shown generation has in 'segments'.</param>
/// <param name="Bytes">The bytes of the shown generation's segments, columns and blocks.</param>
internal sealed record Stored(long[] Retired, long? Rewriting, long[] Used, long[] Generations, long Shown, int Segments, long Bytes)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<Stored> ReadAsync(IPage page, string database)
    {
        var json = await page.EvaluateAsync<string>(
            """
            name => new Promise((done, fail) => {
              const open = indexedDB.open(name);
              open.onerror = () => fail(open.error);
              open.onsuccess = () => {
                const stores = ['segments', 'columns', 'rows', 'orders', 'windows'];
                const transaction = open.result.transaction(['collections', ...stores]);
                const records = transaction.objectStore('collections').getAll();
                const keys = stores.map(store => transaction.objectStore(store).getAllKeys());
                const values = stores.slice(0, 3).map(store => transaction.objectStore(store).getAll());
                transaction.oncomplete = () => {
                  open.result.close();
                  const fillings = records.result.flatMap(record => [record, ...Object.values(record.others)]);
                  const [record] = records.result;
                  const of = generation => key => key[0] === generation;
                  const shown = record.shown.generation;
                  done(JSON.stringify({
                    retired: records.result.flatMap(record => record.retired),
                    rewriting: record.rewriting,
                    used: [...fillings.flatMap(({ shown, refill }) => refill === null ? [shown.generation] : [shown.generation, refill.generation]),
                      ...records.result.flatMap(({ rewriting }) => rewriting === null ? [] : [rewriting])],
                    generations: [...new Set(keys.flatMap(({ result }) => result.map(key => key[0])))],
                    shown,
                    segments: keys[0].result.filter(of(shown)).length,
                    bytes: values.reduce((bytes, { result }, i) => bytes + result.reduce((sum, value, j) => sum + (of(shown)(keys[i].result[j]) ? value.length : 0), 0), 0),
                  }));
                };
              };
            })
            """,
            database);
        return JsonSerializer.Deserialize<Stored>(json, Json)!;
    }

    /// <summary>Waits until nothing is stored that no record names: a sweeper holds the lock of what it sweeps, and ours comes after it.</summary>
    public static async Task<Stored> SweptAsync(IPage page, string database)
    {
        for (; ; )
        {
            var stored = await ReadAsync(page, database);
            if (stored.Retired.Length == 0)
            {
                stored.Generations.Except(stored.Used).ShouldBeEmpty("rows are stored that nobody uses");
                return stored;
            }

            foreach (var generation in stored.Retired)
                await page.EvaluateAsync("name => navigator.locks.request(name, () => {})", $"{database}/generation/{generation}");
        }
    }
}
