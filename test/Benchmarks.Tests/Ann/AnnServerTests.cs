using System.Text.Json;
using Benchmarks.Ann.Data;
using Benchmarks.Ann.Engines;

namespace Benchmarks.Tests.Ann;

public sealed class AnnServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_builds_and_then_finds()
    {
        NpyFile.Write<float>(_folder.File("base.npy"), NpyFile.Float32, Enumerable.Range(0, 50 * 16).Select(i => (float)(i / 16)).ToArray(), columns: 16);
        NpyFile.Write<float>(_folder.File("queries.npy"), NpyFile.Float32, Enumerable.Repeat(7f, 16).Concat(Enumerable.Repeat(30f, 16)).ToArray(), columns: 16);
        JsonElement[] replies = Talk(Build("flat"), new AnnRequest { Op = AnnRequest.SearchIndex, Parameters = None, First = 1, Count = 1, K = 3, Ids = _folder.File("ids") });
        Assert.Equal(50 * 16 * sizeof(float), replies[0].GetProperty("bytes").GetInt64());
        Assert.True(replies[1].GetProperty("seconds").GetDouble() > 0);
        byte[] ids = File.ReadAllBytes(_folder.File("ids"));
        Assert.Equal([30, 29, 31], Enumerable.Range(0, 3).Select(i => BitConverter.ToInt32(ids, 4 * i)));
    }

    [Fact]
    public void It_says_what_it_cannot_do_and_goes_on()
    {
        NpyFile.Write<float>(_folder.File("base.npy"), NpyFile.Float32, new float[] { 1, 2 }, columns: 1);
        NpyFile.Write<float>(_folder.File("queries.npy"), NpyFile.Float32, new float[] { 1 }, columns: 1);
        AnnRequest search = new() { Op = AnnRequest.SearchIndex, Parameters = None, Count = 1, K = 1 };
        string[] errors = [.. Talk(new AnnRequest { Op = "dance" }, search, Build("tree"), Build("flat") with { Codec = "pq" }).Select(reply => reply.GetProperty("error").GetString()!)];
        Assert.Contains("dance", errors[0]);
        Assert.Contains("Nothing was built", errors[1]);
        Assert.Contains("tree", errors[2]);
        Assert.Contains("pq", errors[3]);
    }

    private static IReadOnlyDictionary<string, int> None { get; } = new Dictionary<string, int>();

    private AnnRequest Build(string index) => new()
    {
        Op = AnnRequest.BuildIndex,
        Base = _folder.File("base.npy"),
        Queries = _folder.File("queries.npy"),
        Metric = "l2",
        Index = index,
        Codec = "f32",
        Threads = 1,
        Parameters = None,
    };

    private static JsonElement[] Talk(params AnnRequest[] requests)
    {
        using StringWriter replies = new();
        AnnServer.Run(new StringReader(string.Join('\n', requests.Select(AnnLines.Write))), replies);
        return [.. replies.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
