using System.Text;

namespace Collection.Sync.AspNetCore.Tests;

/// <summary>Bodies that are almost batches of edits: a good one, changed in one to three places. The same seed makes the same bodies.</summary>
internal static class MutatedBodies
{
    private static readonly string[] s_originals =
    [
        """{"clientId":"c1","mutations":[{"id":1,"key":3,"fields":{"done":true}}]}""",
        """{"clientId":"c2","schema":null,"mutations":[{"id":1,"key":1,"fields":{"count":5,"weight":2.5},"if":{"done":true},"madeAt":"2026-01-31T12:00:00Z"},{"id":2,"key":2,"fields":{"name":"Zo\u00eb"}}]}""",
        """{"clientId":"c3","mutations":[{"id":1,"key":-5,"fields":{"size":null}},{"id":2,"key":2,"fields":{"made_at":"2024-02-29T12:30:00.123456+05:30"}},{"id":3,"key":2,"fields":{"count":2000000}}]}""",
    ];

    private static readonly string[] s_tokens =
    [
        "null", "true", "0", "-0", "-1", "1e999", "1e-999", "0.5", "9007199254740991", "9007199254740992", "9223372036854775808", "1E400",
        "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"a\\u0301\"", "\"'; DROP TABLE items; --\"", "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.9999999Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "{}", "[]", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}", "\"id\"", "\"key\"", "\"fields\"", "\"if\"",
        "\"madeAt\"", "\"clientId\"", "\"schema\"", "\"sync_seq\"", "\"__proto__\"", ":", ",", "}", "{", "]", "[", "\"", "\\", "\ufeff", "/**/", "NaN", "Infinity", " ", "\n",
    ];

    /// <param name="seed">Decides everything.</param>
    /// <param name="count">How many.</param>
    public static IEnumerable<byte[]> From(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var body = Encoding.UTF8.GetBytes(s_originals[random.Next(s_originals.Length)]).ToList();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                Change(body, random);
            yield return [.. body];
        }
    }

    private static void Change(List<byte> body, Random random)
    {
        if (body.Count == 0)
            return;
        var at = random.Next(body.Count);
        var length = Math.Min(random.Next(1, 20), body.Count - at);
        switch (random.Next(9))
        {
            case 0: body[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: body[at] = (byte)random.Next(256); break;
            case 2: body.RemoveRange(at, length); break;
            case 3: body.InsertRange(random.Next(body.Count), body.GetRange(at, length)); break;
            case 4: body.RemoveRange(at, body.Count - at); break;
            case 5: body.InsertRange(at, Token(random)); break;
            case 6: body[at] = (byte)('0' + random.Next(10)); break;
            default: ReplaceValue(body, at, random); break;
        }
    }

    // From one colon or comma to the next: what is left is often good JSON.
    private static void ReplaceValue(List<byte> body, int at, Random random)
    {
        var start = body.FindIndex(at, b => b is (byte)':' or (byte)',');
        if (start < 0)
            return;
        var end = body.FindIndex(start + 1, b => b is (byte)',' or (byte)'}' or (byte)']');
        if (end < 0)
            return;
        body.RemoveRange(start + 1, end - start - 1);
        body.InsertRange(start + 1, Token(random));
    }

    private static byte[] Token(Random random) => Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]);
}
