// The transformers take their device as ML.NET's own do: from their options, else from the MLContext; and say so in its log.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class GpuDeviceTests
{
    private const int NoSuchDevice = 99;

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public GpuDeviceTests() => _ml.Log += (_, message) => _log.Add(message.Message);

    [Fact]
    public void TheContextsDeviceIsTakenAndItsAbsenceIsAWarning()
    {
        _ml.GpuDeviceId = NoSuchDevice;
        _ml.FallbackToCpu = true;
        IDataView rows = TextRow.View(_ml, ["the cat"]);
        TernaryEmbeddingTransformer transformer = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized).Fit(rows);
        Assert.Single(transformer.Transform(rows).GetColumn<float[]>("Embedding"));
        Assert.Contains(_log, line => line.Contains("runs on the CPU: GpuDeviceId is 99", StringComparison.Ordinal));
    }

    [Fact]
    public void WithoutFallbackTheAbsenceIsAnError()
    {
        _ml.GpuDeviceId = NoSuchDevice;
        _ml.FallbackToCpu = false;
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized));
        Assert.Contains("GpuDeviceId is 99", error.Message);
    }

    [Fact]
    public void TheOptionsComeBeforeTheContext()
    {
        _ml.GpuDeviceId = 55;
        _ml.FallbackToCpu = false;
        _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized, new() { GpuDeviceId = NoSuchDevice, FallbackToCpu = true });
        Assert.Contains(_log, line => line.Contains("GpuDeviceId is 99", StringComparison.Ordinal));
    }

    [Fact]
    public void AMissingDeviceIsFoundOutBeforeAnythingIsDistilled()
    {
        _ml.GpuDeviceId = NoSuchDevice;
        _ml.FallbackToCpu = false;
        IDataView rows = TextRow.View(_ml, TinyModels.Texts(40));
        TernaryDistillEstimator estimator = _ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", new()
        {
            TeacherModel = TinyModels.FullPrecision,
            Distillation = new() { Steps = 1 },
        });

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => estimator.Fit(rows));

        Assert.Contains("GpuDeviceId is 99", error.Message);
        Assert.DoesNotContain(_log, line => line.Contains("Distilled in", StringComparison.Ordinal));
    }

    [Fact]
    public void ALoadedTransformerTakesTheDeviceOfTheContextThatLoadsIt()
    {
        using TemporaryFolder folder = new();
        IDataView rows = TextRow.View(_ml, ["the cat"]);
        TernaryEmbeddingTransformer saved = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TinyModels.Normalized).Fit(rows);
        _ml.Model.Save(saved, rows.Schema, folder.File("model.zip"));
        Assert.DoesNotContain(_log, line => line.Contains("GpuDeviceId", StringComparison.Ordinal));

        MLContext other = new() { GpuDeviceId = NoSuchDevice, FallbackToCpu = false };
        // ML.NET wraps what happens while it loads.
        Exception error = Assert.Throws<InvalidOperationException>(() => other.Model.Load(folder.File("model.zip"), out _));
        Assert.Contains("GpuDeviceId is 99", error.GetBaseException().Message);
    }
}
