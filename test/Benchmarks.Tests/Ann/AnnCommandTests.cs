// The whole command on a few vectors: this library always, peers where they are installed.
using System.Text.Json;
using Benchmarks.Ann;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;

namespace Benchmarks.Tests.Ann;

public sealed class AnnCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_of_index_and_codec_is_measured_finds_what_it_should_and_is_shown()
    {
        JsonElement[] rows = Run(AnnContenders.Ours);
        foreach (AnnContender contender in Some(AnnContenders.Ours))
        {
            JsonElement[] own = [.. rows.Where(row => row.GetProperty("index").GetString() == contender.Index && row.GetProperty("codec").GetString() == contender.Codec
                && row.GetProperty("rescoring").GetString() == contender.Rescoring)];
            Assert.True(own.Length > 0, contender.Label);
            Assert.All(own, row => Assert.True(row.GetProperty("qps").GetDouble() > 0 && row.GetProperty("bytes").GetInt64() > 0 && row.GetProperty("peak_rss").GetInt64() > 0));
            if (contender.Codec == "f32" || contender.Rescoring == "f32")
                Assert.True(own.Max(row => row.GetProperty("recall10").GetDouble()) > 0.95, contender.Label);
        }
        Assert.All(rows.Where(row => row.GetProperty("index").GetString() == "flat" && row.GetProperty("codec").GetString() == "f32"), row => Assert.Equal(1, row.GetProperty("recall10").GetDouble()));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(_folder.File("plot.png"))[..4]);
        string document = File.ReadAllText(_folder.File("tables.md"));
        Assert.StartsWith("![synthetic-400](plot.png)", document);
        Assert.Contains("| ternary-ml | flat | f32 |", document);
    }

    [Theory]
    [InlineData(AnnContenders.Hnswlib)]
    [InlineData(AnnContenders.Faiss)]
    public void A_peer_is_measured_on_the_same_vectors(string engine)
    {
        Assert.SkipUnless(new EngineProgram(_folder.Path, _ => false).IsAvailable(engine), $"{engine} is not installed: build/ann-data.sh {engine}");
        JsonElement[] rows = Run(engine);
        Assert.Equal(Some(engine).Select(contender => (contender.Index, contender.Codec, contender.Rescoring)).ToHashSet(),
            rows.Select(row => (row.GetProperty("index").GetString()!, row.GetProperty("codec").GetString()!, row.GetProperty("rescoring").GetString())).ToHashSet());
        Assert.All(rows.Where(row => row.GetProperty("codec").GetString() == "f32").GroupBy(row => row.GetProperty("index").GetString()),
            index => Assert.True(index.Max(row => row.GetProperty("recall10").GetDouble()) > 0.95, index.Key));
    }

    [Fact]
    public void A_peer_that_is_not_there_is_left_out() =>
        Assert.False(new EngineProgram(_folder.Path, _ => false).IsAvailable(AnnContenders.Usearch));

    [Fact]
    public void A_cancelled_run_stops()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => new AnnCommand(Options(AnnContenders.Ours), source.Token).Run());
    }

    // Each kind of index and each form of the vectors once.
    private static AnnContender[] Some(string engine)
    {
        AnnContender[] all = [.. AnnContenders.All.Where(contender => contender.Engine == engine)];
        return [.. all.DistinctBy(contender => contender.Index).Union(all.DistinctBy(contender => (contender.Codec, contender.Rescoring)))];
    }

    private JsonElement[] Run(string engine)
    {
        AnnOptions options = Options(engine);
        new AnnCommand(options, CancellationToken.None).Run();
        return [.. JsonDocument.Parse(File.ReadAllText(options.Json!)).RootElement.EnumerateArray()];
    }

    private AnnOptions Options(string engine) => new()
    {
        Datasets = [DatasetKind.Parse("synthetic-400")],
        Contenders = Some(engine),
        BuildThreads = 2,
        Seconds = 0.001,
        Repetitions = 1,
        IdleSeconds = 0,
        Cache = _folder.File("cache"),
        FashionMnistFolder = _folder.Path,
        Offline = true,
        Json = _folder.File("rows.json"),
        Plot = _folder.File("plot.png"),
        Markdown = _folder.File("tables.md"),
    };
}
