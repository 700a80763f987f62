// Whatever the recipe, stopping and going on gives the bytes that not stopping gives.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public sealed class StopAndResumeTests : IDisposable
{
    // A pass is 12 batches: the first step, the middle of a pass, its end, the step after it, and the last step but one.
    private static readonly int[] Stops = [1, 5, 12, 13, 29];
    private const int Steps = 30;

    private static readonly Dictionary<string, DistillationOptions> Cases = new()
    {
        ["default"] = new(),
        ["one digit"] = Of(TernaryRecipe.OneDigit),
        ["two digits in the feed-forward"] = Of(TernaryRecipe.Default with { Digits = TernaryDigits.FeedForwardTwo }),
        ["int8 table, shared"] = Of(TernaryRecipe.Default with { TokenEmbeddings = TokenEmbeddingFormat.Int8, TrainEmbeddings = false }),
        ["int8 table, trained"] = Of(TernaryRecipe.Default with { TokenEmbeddings = TokenEmbeddingFormat.Int8, TrainEmbeddings = true }),
        ["int4 table, shared"] = Of(TernaryRecipe.Default with { TokenEmbeddings = TokenEmbeddingFormat.Int4, TrainEmbeddings = false }),
        ["int4 table, trained"] = Of(TernaryRecipe.Default with { TokenEmbeddings = TokenEmbeddingFormat.Int4, TrainEmbeddings = true }),
        ["int3 table, shared"] = Of(TernaryRecipe.Default with { TokenEmbeddings = TokenEmbeddingFormat.Int3, TrainEmbeddings = false }),
        ["paper"] = Of(TernaryRecipe.Paper),
        ["steps down with each pass"] = Of(TernaryRecipe.Default with { Decay = LearningRateDecay.EpochStep, EpochDecay = 0.5 }),
        ["activations in full precision"] = Of(TernaryRecipe.Default with { SimulateInt8Activations = false }),
        ["float32"] = new() { Precision = MatrixPrecision.Float32 },
        ["bfloat16"] = new() { Precision = MatrixPrecision.BFloat16 },
        ["some layers in full precision"] = new() { FullPrecisionLayers = ["encoder.layer.1.*", "*.intermediate.dense"] },
        ["short texts"] = new() { MaxLength = 5 },
        ["epochs"] = new() { Epochs = 3 },
        ["a ramp to ternary"] = Of(TernaryRecipe.Default with { PrecisionRamp = 0.6 }),
        ["learned scales"] = Of(TernaryRecipe.Default with { LearnedScales = true, WeightDecay = 0.1 }),
        ["one learned scale a matrix, in a ramp"] = Of(TernaryRecipe.Paper with { LearnedScales = true, PrecisionRamp = 0.3 }),
        ["all losses"] = Of(TernaryRecipe.Default with
        {
            HiddenStateLayers = LayerWeights.All,
            AttentionLoss = AttentionLoss.Relations,
            SimilarityLoss = SimilarityLoss.SquaredError,
            MatryoshkaWeight = 0.5f,
            MatryoshkaComponents = ComponentCounts.Of(8, 16),
        }),
        ["attention scores"] = Of(TernaryRecipe.Default with { AttentionLoss = AttentionLoss.Scores }),
        ["an output of signs"] = Of(TernaryRecipe.Default with { OutputForm = EmbeddingForm.Binary }),
        ["tokens instead of steps"] = new() { TokenBudget = 30 * 32 * 7 },
        ["small batches"] = Of(TernaryRecipe.Default with { BatchSize = 3 }),
    };

    private readonly TestFolder _folder = new();

    public static TheoryData<string> Names { get; } = new(Cases.Keys);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void StoppingAnywhereChangesNoByte(string name) => AssertStopsChangeNothing(Cases[name]);

    [Fact]
    public void StoppingARunThatBeganWithAnotherChangesNoByte()
    {
        string start = _folder.File("start");
        TinyDistillation.Run(new() { Steps = 10, CheckpointPath = start });
        AssertStopsChangeNothing(new() { StartFrom = start });
    }

    [Fact]
    public void GoingOnNeedsTheCheckpointAloneAndNotWhatTheRunBeganWith()
    {
        string start = _folder.File("start");
        TinyDistillation.Run(new() { Steps = 10, CheckpointPath = start });
        DistillationOptions options = new() { StartFrom = start, Steps = 12, CheckpointPath = _folder.File("checkpoint"), Resume = true };
        TinyDistillation.RunUntil(5, options);
        File.Delete(start);
        Assert.Equal(12, TinyDistillation.Run(options).Report.Steps);
    }

    [Fact]
    public void StoppingARunWhoseMemoryRanShortChangesNoByte()
    {
        DistillationOptions options = new() { Steps = 12, Seed = 7, CheckpointPath = _folder.File("checkpoint"), Resume = true };
        byte[] whole = TinyDistillation.Bytes(Run(options with { CheckpointPath = null, Resume = false }, null, default));
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(
            () => Run(options, new TinyDistillation.Recorder(p => { if (p.Step == 6 && p.Warning is null) stop.Cancel(); }), stop.Token));
        Assert.Equal(whole, TinyDistillation.Bytes(TinyDistillation.Run(options).Model));

        static EmbeddingModel Run(DistillationOptions options, IProgress<DistillationProgress>? progress, CancellationToken cancellation)
        {
            using var run = new DistillationRun(TinyDistillation.Teacher, () => TinyDistillation.Corpus, options, progress, cancellation);
            int parts = 0;
            run.Trainer.BeforePart = _ => { if (++parts == 3) throw new OutOfMemoryException(); };
            return run.Run().Model;
        }
    }

    private void AssertStopsChangeNothing(DistillationOptions options)
    {
        options = options with { Seed = 7, Steps = options.Epochs > 1 || options.TokenBudget is not null ? null : Steps };
        byte[] whole = TinyDistillation.Bytes(TinyDistillation.Run(options).Model);
        DistillationOptions resumable = options with { CheckpointPath = _folder.File("checkpoint"), Resume = true };
        foreach (int stop in Stops)
            TinyDistillation.RunUntil(stop, resumable);
        Assert.Equal(whole, TinyDistillation.Bytes(TinyDistillation.Run(resumable).Model));
    }

    private static DistillationOptions Of(TernaryRecipe recipe) => new() { Recipe = recipe };
}
