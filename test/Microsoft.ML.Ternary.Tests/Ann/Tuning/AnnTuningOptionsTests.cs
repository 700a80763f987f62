// Wrong options of the tuner are named.
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Tuning;

public sealed class AnnTuningOptionsTests
{
    public static TheoryData<string, AnnTuningOptions> Wrong => new()
    {
        { "RecallTarget", new() { RecallTarget = 0 } },
        { "RecallTarget", new() { RecallTarget = 1.01 } },
        { "RecallTarget", new() { RecallTarget = double.NaN } },
        { "K", new() { K = 0 } },
        { "Metric", new() { Metric = (AnnMetric)9 } },
        { "Queries", new() { Queries = -1 } },
        { "TimeLimit", new() { TimeLimit = TimeSpan.Zero } },
        { "MaxBytesPerVector", new() { MaxBytesPerVector = -1 } },
        { "MaxBytesPerVector", new() { MaxBytesPerVector = double.NaN } },
        { "SampleLimit", new() { SampleLimit = 999 } },
        { "Threads", new() { Threads = -1 } },
        { "Kinds", new() { Kinds = [] } },
        { "Kinds", new() { Kinds = [(AnnIndexKind)99] } },
        { "Codecs", new() { Codecs = [] } },
        { "Codecs", new() { Codecs = [(VectorCodec)99] } },
        { "Candidates", new() { Candidates = [] } },
        { "Candidates", new() { Candidates = [null!] } },
        { "M", new() { Candidates = [new HnswOptions { M = 1 }] } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void AWrongOptionIsNamed(string name, AnnTuningOptions options)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() =>
            AnnIndexTuner.Tune(TestVectors.Clustered(100, 4, 5, seed: 1), 4, options, null, TestContext.Current.CancellationToken));
        Assert.Equal(name, error.ParamName);
        Assert.Contains(name, error.Message);
    }
}
