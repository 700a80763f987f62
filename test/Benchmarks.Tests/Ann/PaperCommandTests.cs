using System.Text.Json;
using Benchmarks.Ann.Paper;
using Benchmarks.Ann.Results;

namespace Benchmarks.Tests.Ann;

public sealed class PaperCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_teachers_own_embeddings_searched_exactly_find_all_and_the_ternary_ones_most()
    {
        PaperOptions options = new() { Corpus = 100, Queries = 10, Threads = 2, Repetitions = 1, IdleSeconds = 0, Json = _folder.File("rows.json"), Markdown = _folder.File("table.md") };
        new PaperCommand(options, CancellationToken.None).Run();
        JsonElement[] rows = [.. JsonDocument.Parse(File.ReadAllText(options.Json)).RootElement.EnumerateArray()];
        Assert.Equal(2 * PaperIndex.All.Count, rows.Length);
        double Precision(string encoder) => rows.Single(row => row.GetProperty("encoder").GetString() == encoder && row.GetProperty("index").GetString() == "flat"
            && row.GetProperty("codec").GetString() == "f32").GetProperty("precision10").GetDouble();
        Assert.Equal(1, Precision("teacher"));
        Assert.InRange(Precision("ternary"), 0.5, 1);
        Assert.All(rows, row => Assert.Equal(row.GetProperty("end_to_end_s").GetDouble(),
            new[] { "encode_corpus_s", "build_s", "encode_queries_s", "search_s" }.Sum(name => row.GetProperty(name).GetDouble()), 1e-9));
        Assert.Contains("| flat | f32 | teacher | 1.0000 |", File.ReadAllText(options.Markdown));
    }

    [Fact]
    public void More_glosses_than_there_are_are_refused()
    {
        PaperOptions options = new() { Corpus = 117_000, Queries = 50_000, Threads = 1, Repetitions = 1, IdleSeconds = 0 };
        Assert.Contains("--corpus", Assert.Throws<InvalidDataException>(() => new PaperCommand(options, CancellationToken.None).Run()).Message);
    }

    [Fact]
    public void Each_index_says_how_much_faster_the_ternary_encoder_makes_it()
    {
        PaperRow teacher = new()
        {
            Encoder = "teacher",
            Index = "flat",
            Codec = "int8",
            Rescoring = "f32",
            Precision10 = 1,
            EncodeCorpusS = 6,
            BuildS = 1,
            EncodeQueriesS = 0.5,
            SearchS = 0.5,
            Bytes = 2_000_000,
            BytesRescoring = 8_000_000,
            Corpus = 1000,
            Queries = 10,
            Threads = 2,
            Contended = false,
        };
        ReportTable table = PaperTable.Of([teacher, teacher with { Encoder = "ternary", EncodeCorpusS = 2, Contended = true }]);
        Assert.Equal(["flat", "int8 + f32", "teacher", "1.0000", "6.00", "1.000", "0.50", "0.500", "8.00", "1.00", "2.0", "8.0"], table.Rows[0]);
        Assert.Equal(["flat", "int8 + f32", "ternary", "1.0000", "2.00", "1.000", "0.50", "0.500", "4.00*", "2.00", "2.0", "8.0"], table.Rows[1]);
    }
}
