using System.Text.Json;
using Benchmarks.Ann.Results;
using Benchmarks.Reports;

namespace Benchmarks.Tests.Ann;

public class AnnTablesTests
{
    [Fact]
    public void Rows_have_the_documented_names()
    {
        AnnRow row = Row("ternary-ml", "ternary", 0.98, 2000) with
        {
            Rescoring = "f32",
            Params = new Dictionary<string, int> { ["m"] = 16, ["ef_search"] = 40 },
        };
        JsonElement json = JsonDocument.Parse(JsonFile.Serialize<AnnRow>([row])).RootElement[0];
        foreach (string name in new[] { "dataset", "engine", "index", "codec", "params", "recall10", "qps", "build_s", "bytes", "bytes_rescoring" })
            Assert.True(json.TryGetProperty(name, out _), name);
        Assert.Equal((16, 40), (json.GetProperty("params").GetProperty("m").GetInt32(), json.GetProperty("params").GetProperty("ef_search").GetInt32()));
    }

    [Fact]
    public void Written_rows_are_read_as_they_were()
    {
        AnnRow row = Row("ternary-ml", "ternary", 0.98, 2000) with { Params = new Dictionary<string, int> { ["m"] = 16, ["ef_search"] = 40 } };
        using TemporaryFolder folder = new();
        JsonFile.Write(folder.File("rows.json"), [row, row]);
        List<AnnRow> read = JsonFile.Read<AnnRow>(folder.File("rows.json"));
        Assert.Equal(JsonFile.Serialize<AnnRow>([row, row]), JsonFile.Serialize(read));
        Assert.Equal(["m"], read[0].BuildParams.Select(parameter => parameter.Key));
        Assert.Equal(["ef_search"], read[0].SearchParams.Select(parameter => parameter.Key));
    }

    [Theory]
    [InlineData("[{\"engine\": \"ternary\"}]")]
    [InlineData("null")]
    [InlineData("no JSON")]
    public void Other_files_than_rows_are_refused(string content)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("rows.json"), content);
        Assert.Contains("rows.json", Assert.Throws<InvalidDataException>(() => JsonFile.Read<AnnRow>(folder.File("rows.json"))).Message);
    }

    [Fact]
    public void Speeds_are_compared_with_hnswlibs_at_the_same_recall()
    {
        // 16/17 of the way from 3000 to 500, and half way from 4000 to 1000, both in logarithms.
        ReportTable table = AnnTables.Comparison([Row("ternary-ml", "f32", 0.98, 3000), Row("ternary-ml", "f32", 0.997, 500), Row("hnswlib", "f32", 0.97, 4000), Row("hnswlib", "f32", 0.99, 1000)]);
        Assert.Equal(["ternary-ml", "hnsw", "f32", "3,000", "1.50", "556", "-", "-", "-"], table.Rows[0]);
        Assert.Equal(["hnswlib", "hnsw", "f32", "2,000", "1.00", "-", "-", "-", "-"], table.Rows[1]);
    }

    [Fact]
    public void Without_hnswlib_there_are_speeds_and_no_ratios() =>
        Assert.Equal(["ternary-ml", "hnsw", "f32", "3,000", "-", "-", "-", "-", "-"], AnnTables.Comparison([Row("ternary-ml", "f32", 0.98, 3000)]).Rows[0]);

    [Fact]
    public void Contended_figures_have_a_star() =>
        Assert.Equal("3,000*", AnnTables.Points([Row("ternary-ml", "f32", 0.98, 3000) with { Contended = true }]).Rows[0][5]);

    [Fact]
    public void Growth_is_shown_where_there_are_two_sizes()
    {
        AnnRow small = Row("ternary-ml", "f32", 0.98, 3000) with { Dataset = "synthetic-1000", Vectors = 1000, Bytes = 5000, PeakRss = 7_000_000 };
        Assert.Null(AnnTables.Growth([small]));
        ReportTable growth = AnnTables.Growth([small with { Dataset = "synthetic-2000", Vectors = 2000 }, small])!;
        Assert.Equal(["1,000", "2,000"], growth.Rows.Select(row => row[3]));
        Assert.Equal(["ternary-ml", "hnsw", "f32", "1,000", "3,000", "0.9800", "3,000", "1.5", "5", "0", "7"], growth.Rows[0]);
    }

    [Fact]
    public void A_table_in_Markdown_has_a_line_a_row()
    {
        ReportTable table = new("Title", ["word", "number"], 1, [["a|b", "1"], ["c", "2"]], "Note.");
        Assert.Equal(["### Title", "", "| word | number |", "| --- | ---: |", "| a\\|b | 1 |", "| c | 2 |", "", "Note.", ""], table.Markdown());
    }

    internal static AnnRow Row(string engine, string codec, double recall, double qps) => new()
    {
        Dataset = "test",
        Engine = engine,
        Index = "hnsw",
        Codec = codec,
        Rescoring = null,
        Params = new Dictionary<string, int>(),
        Recall10 = recall,
        Qps = qps,
        BuildS = 1.5,
        Bytes = 100,
        BytesRescoring = 0,
        QpsMin = qps,
        QpsMax = qps,
        Samples = 3,
        RejectedSamples = 0,
        Contended = false,
        BuildContended = false,
        BuildThreads = 2,
        BuildPeakRss = 1000,
        PeakRss = 1000,
        Metric = "cosine",
        Vectors = 1000,
        Dimension = 384,
        Queries = 100,
        Version = null,
    };
}
