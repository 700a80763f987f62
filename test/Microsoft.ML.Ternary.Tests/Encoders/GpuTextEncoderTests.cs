// An encoder on a device gives the embeddings of the one on the CPU, for every kind of model and batch; one set of tests for each
// kind of device that the machine has.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Tests.Encoders;

/// <summary>Devices are busy or slow enough without two tests at once.</summary>
[CollectionDefinition(nameof(GpuCollection), DisableParallelization = true)]
public class GpuCollection;

public class EmulatedGpuTextEncoderTests() : GpuTextEncoderTests(GpuDeviceKind.Emulated)
{
    protected override bool IsFast => false;
}

public class OpenCLProcessorGpuTextEncoderTests() : GpuTextEncoderTests(GpuDeviceKind.OpenCLProcessor);

public class OpenCLGpuTextEncoderTests() : GpuTextEncoderTests(GpuDeviceKind.OpenCL);

public class CudaGpuTextEncoderTests() : GpuTextEncoderTests(GpuDeviceKind.Cuda);

[Collection(nameof(GpuCollection))]
public abstract class GpuTextEncoderTests
{
    // Held to the end, so that each device is opened, and its kernels compiled, once.
    private static readonly Dictionary<GpuDeviceKind, GpuDeviceLease> Leases = [];

    private readonly GpuDeviceInfo _info;

    protected GpuTextEncoderTests(GpuDeviceKind kind)
    {
        lock (Leases)
        {
            if (!Leases.TryGetValue(kind, out GpuDeviceLease? lease))
            {
                GpuDeviceInfo? info = GpuDevices.ListAll().FirstOrDefault(device => device.Kind == kind);
                Assert.SkipWhen(info is null, $"This machine has no device of the kind {kind}. {GpuDevices.DescribeObstacles()}");
                Leases[kind] = lease = new GpuDeviceLease(info!);
            }
            Device = lease.Device;
        }
        _info = Device.Info;
    }

    private GpuDevice Device { get; }

    /// <summary>Whether more than a few sequences are affordable.</summary>
    protected virtual bool IsFast => true;

    [Theory]
    [InlineData("st-cls")]
    [InlineData("st-mean")]
    [InlineData("st-max")]
    [InlineData("st-mean_sqrt_len")]
    [InlineData("st-cls-mean")]
    public void EmbeddingsOfFullPrecisionModelsAgreeWithSentenceTransformers(string folder)
    {
        Assert.SkipUnless(IsFast || folder == "st-cls-mean", "One model is enough for the emulation.");
        EmbeddingModel model = TestModels.Tiny(folder);
        TinyRow[] rows = [.. GoldenFiles.Expected(folder).Rows.OrderBy(row => row.InputIds.Length).Take(IsFast ? 100 : 1)];
        using TextEncoder encoder = new(model, new TextEncoderOptions { Device = _info });
        float[] embeddings = Embed(encoder, [.. rows.Select(row => row.InputIds)]);
        for (int i = 0; i < rows.Length; i++)
            VectorAssert.Close(rows[i].Embedding, embeddings.AsSpan(i * model.Dimension, model.Dimension), 1e-4f, folder);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("bert-gelu_new")]
    [InlineData("bert-relu")]
    [InlineData("bert-odd-shapes")]
    [InlineData("st-cls-mean")]
    public void EmbeddingsOfTernaryModelsAgreeWithTheCpu(string folder)
    {
        Assert.SkipUnless(IsFast || folder == "bert-odd-shapes", "One model is enough for the emulation.");
        CheckAgainstCpu(TestModels.Ternary(TestModels.Tiny(folder)), count: 9);
    }

    [Fact]
    public void AModelWithSomeLayersInFullPrecisionAgreesWithTheCpu() =>
        CheckAgainstCpu(ModelTernarizer.Ternarize(TestModels.Tiny(), TernaryScaling.PerRow(), ["*.value", "encoder.layer.1.output.dense"]), count: 5);

    [Fact]
    public void ALargerRandomModelAgreesWithTheCpu()
    {
        Assert.SkipUnless(IsFast, "Too large for the emulation.");
        CheckAgainstCpu(RandomModel(hidden: 144, heads: 2, intermediate: 300), count: 40);
    }

    [Fact]
    public void ManyBatchesComeBackInTheirOrder()
    {
        Assert.SkipUnless(IsFast, "Too large for the emulation.");
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        int[][] sequences = RandomSequences(model.Config, 60);
        using GpuEncoder encoder = new(Device, GpuTextEncoder.ToGpuModel(model, model.Dimension));
        TokenBatch tokens = TokenBatch.FromSequences(sequences);
        float[] together = new float[sequences.Length * model.Dimension], apart = new float[together.Length];

        encoder.Embed(tokens.Ids, tokens.Offsets, [], together, batchTokens: 100_000);
        encoder.Embed(tokens.Ids, tokens.Offsets, [], apart, batchTokens: 50);

        Assert.Equal(together, apart);
        Assert.Equal(0, encoder.SplitBatches);
    }

    [Fact]
    public void ThreadsAndEncodersMayShareADevice()
    {
        Assert.SkipUnless(IsFast, "Too large for the emulation.");
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        using TextEncoder first = new(model, new TextEncoderOptions { Device = _info });
        using TextEncoder second = new(model, new TextEncoderOptions { Device = _info });
        int[][] sequences = RandomSequences(model.Config, 20);
        float[] expected = Embed(first, sequences);
        float[][] results = new float[8][];
        Parallel.For(0, results.Length, i => results[i] = Embed(i % 2 == 0 ? first : second, sequences));
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Fact]
    public void ABatchThatDoesNotFitIsSplitAndTheEmbeddingsAreTheSame()
    {
        Assert.SkipUnless(IsFast, "Too large for the emulation.");
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        TokenBatch tokens = TokenBatch.FromSequences([.. Enumerable.Range(0, 12).Select(_ => new int[model.Config.MaxPositions])]);
        using GpuEncoder encoder = new(Device, GpuTextEncoder.ToGpuModel(model, model.Dimension));
        long before = Device.UsedBytes;
        float[] expected = new float[tokens.Count * model.Dimension], split = new float[expected.Length];
        encoder.Embed(tokens.Ids, tokens.Offsets, [], expected, batchTokens: 100_000);
        long needed = Device.UsedBytes - before;

        using GpuEncoder limited = new(Device, GpuTextEncoder.ToGpuModel(model, model.Dimension));
        Device.MemoryLimit = Device.UsedBytes + needed * 3 / 4;
        try
        {
            limited.Embed(tokens.Ids, tokens.Offsets, [], split, batchTokens: 100_000);
            Assert.True(Device.UsedBytes <= Device.MemoryLimit);
        }
        finally
        {
            Device.MemoryLimit = long.MaxValue;
        }

        Assert.Equal(expected, split);
        Assert.True(limited.SplitBatches > 0);
    }

    [Fact]
    public void ASequenceThatDoesNotFitIsRefusedWithItsLengthAndTheEncoderGoesOn()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        using GpuEncoder encoder = new(Device, GpuTextEncoder.ToGpuModel(model, model.Dimension));
        long weights = Device.UsedBytes;
        float[] output = new float[2 * model.Dimension];

        Device.MemoryLimit = weights + 1000;
        try
        {
            GpuOutOfMemoryException error = Assert.Throws<GpuOutOfMemoryException>(() => encoder.Embed([2, 5, 3, 2, 3], [0, 3, 5], [], output, 1000));
            Assert.Contains("one sequence of 3 tokens", error.Message);
            Assert.Equal(weights, Device.UsedBytes);
        }
        finally
        {
            Device.MemoryLimit = long.MaxValue;
        }

        encoder.Embed([2, 5, 3, 2, 3], [0, 3, 5], [], output, 1000);
        Assert.All(output, value => Assert.True(float.IsFinite(value)));
        Assert.Contains(output, value => value != 0);
    }

    [Fact]
    public void MemoryIsGivenBackAndNotTakenAgainForEveryBatch()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        float[] output = new float[2 * model.Dimension];
        long before = Device.UsedBytes;
        using (GpuEncoder encoder = new(Device, GpuTextEncoder.ToGpuModel(model, model.Dimension)))
        {
            encoder.Embed([2, 5, 3, 2, 3], [0, 3, 5], [], output, 3);
            long used = Device.UsedBytes;
            encoder.Embed([2, 6, 3, 2, 3], [0, 3, 5], [], output, 3);
            Assert.Equal(used, Device.UsedBytes);
        }
        Assert.Equal(before, Device.UsedBytes);
    }

    [Fact]
    public void AModelOfTwoDigitsAgreesWithTheCpu() => CheckAgainstCpu(TwoDigitEncoderTests.Random(TestModels.Tiny("bert-odd-shapes"), digits: 2), count: 9);

    [Fact]
    public void AModelOfMixedDigitsAgreesWithTheCpu()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        CheckAgainstCpu(TwoDigitEncoderTests.WithSecondDigit(model, TernaryDigits.TwoIn("*.self.value", "encoder.layer.1.output.dense")), count: 5);
    }

    [Fact]
    public void TheDescriptionNamesTheDeviceAndItsForm()
    {
        using TextEncoder encoder = new(TestModels.Tiny(), new TextEncoderOptions { Device = _info });
        Assert.Contains(_info.Name, encoder.Device);
        Assert.Contains(_info.Kind.ToString(), encoder.Device);
        Assert.Null(encoder.DeviceFallbackReason);
    }

    private void CheckAgainstCpu(EmbeddingModel model, int count)
    {
        int[][] sequences = RandomSequences(model.Config, IsFast ? count : 2);
        using TextEncoder cpu = new(model);
        using TextEncoder gpu = new(model, new TextEncoderOptions { Device = _info });
        float[] expected = Embed(cpu, sequences), actual = Embed(gpu, sequences);
        for (int i = 0; i < sequences.Length; i++)
            VectorAssert.Similar(expected.AsSpan(i * model.Dimension, model.Dimension), actual.AsSpan(i * model.Dimension, model.Dimension), 0.999f, $"sequence {i}");
    }

    private static float[] Embed(TextEncoder encoder, int[][] sequences)
    {
        float[] output = new float[sequences.Length * encoder.Dimension];
        encoder.EmbedTokens(TokenBatch.FromSequences(sequences), output);
        return output;
    }

    private int[][] RandomSequences(BertConfig config, int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count).Select(i =>
            Enumerable.Range(0, random.Next(1, IsFast ? Math.Min(48, config.MaxPositions) : 5)).Select(_ => random.Next(config.VocabularySize)).ToArray())];
    }

    private static EmbeddingModel RandomModel(int hidden, int heads, int intermediate)
    {
        EmbeddingModel tiny = TestModels.Tiny();
        Random random = new(7);
        BertConfig config = tiny.Config with { HiddenSize = hidden, AttentionHeads = heads, IntermediateSize = intermediate, LayerCount = 2 };
        LayerNormWeights norm = new([.. Values(hidden).Select(value => 1 + value)], Values(hidden));
        BertLayerWeights layer = new()
        {
            Query = Linear(hidden, hidden),
            Key = Linear(hidden, hidden),
            Value = Linear(hidden, hidden),
            AttentionOutput = Linear(hidden, hidden),
            AttentionNorm = norm,
            Intermediate = Linear(intermediate, hidden),
            Output = Linear(hidden, intermediate),
            OutputNorm = norm,
        };
        BertWeights weights = new()
        {
            TokenEmbeddings = new Float32EmbeddingTable(Values(config.VocabularySize * hidden), config.VocabularySize, hidden),
            PositionEmbeddings = Values(config.MaxPositions * hidden),
            TokenTypeEmbeddings = Values(config.TokenTypes * hidden),
            EmbeddingNorm = norm,
            Layers = [layer, layer],
        };
        return TestModels.Ternary(new EmbeddingModel(config, tiny.Tokenizer, weights, PoolingModes.Mean, [], normalize: true));

        DenseLinearWeights Linear(int outputs, int inputs) => new(outputs, inputs, Values(outputs * inputs), Values(outputs));

        float[] Values(int length) => [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.5f) * 0.3f)];
    }
}
