using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class TernaryDistillerTests
{
    private static readonly EmbeddingModel Teacher = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));
    private static readonly string[] Words = ["the", "cat", "dog", "was", "hot", "one", "word", "that", "they", "all", "how", "said", "each"];
    private static readonly string[] Corpus = MakeCorpus(400);

    [Fact]
    public void AStudentComesCloserToItsTeacherThanRoundingDoes()
    {
        DistillationReport trained = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 150, Recipe = TernaryRecipe.OneDigit }).Report;
        DistillationReport rounded = TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { Steps = 1, Recipe = TernaryRecipe.OneDigit with { LearningRate = 1e-12 } }).Report;
        Assert.True(trained.CosineMean > rounded.CosineMean + 0.05, $"{trained.CosineMean} against {rounded.CosineMean} for rounding");
        Assert.Equal(150, trained.Steps);
        Assert.True(trained.Tokens > 150 * 32);
        Assert.True(trained.LossCurve[^1].Loss < trained.LossCurve[0].Loss);
        Assert.Equal(25, trained.HeldOutTexts);
        Assert.InRange(trained.ZeroShare, 0.2, 0.8);
        Assert.True(trained.StudentBytes < trained.TeacherBytes);
    }

    [Fact]
    public void EveryLinearLayerOfTheStudentIsTernaryAndTheRestIsNot()
    {
        EmbeddingModel student = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 2 }).Model;
        Assert.All(student.Weights.Layers.SelectMany(layer => layer.Linears()), part => Assert.IsType<TernaryLinearWeights>(part.Weights));
        Assert.Equal("default", student.Provenance["distillation.recipe"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EmbeddingsAreTrainedOrLeftAsTheRecipeSays(bool train)
    {
        EmbeddingModel student = TernaryDistiller.Distill(
            Teacher, () => Corpus,
            new() { Steps = 5, Recipe = TernaryRecipe.Default with { TrainEmbeddings = train, TokenEmbeddings = TokenEmbeddingFormat.Float32 } }).Model;
        Assert.Equal(train, !Row(student, 136).SequenceEqual(Row(Teacher, 136)));
        Assert.Equal(train, !student.Weights.PositionEmbeddings.SequenceEqual(Teacher.Weights.PositionEmbeddings));
        // Token 5 is in no text, so nothing moves it.
        Assert.Equal(Row(Teacher, 5), Row(student, 5));

        static float[] Row(EmbeddingModel model, int token)
        {
            var row = new float[model.Config.HiddenSize];
            model.Weights.TokenEmbeddings.CopyRow(token, row);
            return row;
        }
    }

    [Fact]
    public void ATextAloneInItsBatchHasNoSimilarityToLearnFromAndIsNoError()
    {
        TernaryRecipe recipe = TernaryRecipe.OneDigit with
        { HiddenStateWeight = 0, EmbeddingCosineWeight = 0, SimilarityLoss = SimilarityLoss.SquaredError, BatchSize = 3 };
        DistillationReport report = TernaryDistiller.Distill(Teacher, () => Corpus.Take(10), new() { Steps = 8, Recipe = recipe, HeldOut = Corpus[20..30] }).Report;
        Assert.Equal(8, report.Steps);
        Assert.Equal(20, report.Texts);
    }

    [Fact]
    public void WhatIsRefusedLeavesTheProcessAsItWas()
    {
        int threads = TorchTextEncoder.Threads;
        EmbeddingModel ternary = ModelTernarizer.Ternarize(Teacher, TernaryScaling.PerRow());
        Assert.Throws<ArgumentException>(() => TernaryDistiller.Distill(ternary, () => Corpus, new() { Steps = 1, Threads = threads + 1 }));
        Assert.Equal(threads, TorchTextEncoder.Threads);
    }

    [Fact]
    public void DigitsAreChosenBeforeTrainingWhereTheRecipeNamesALimit()
    {
        long one = Distill(TernaryDigits.One).Report.StudentBytes, two = Distill(TernaryDigits.Two).Report.StudentBytes;
        const int RoomForProvenance = 4096;
        long limit = ((one + two) / 2) + RoomForProvenance;
        DistillationResult chosen = Distill(TernaryDigits.Automatic(limit));
        int[] digits = [.. chosen.Model.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => Assert.IsType<TernaryLinearWeights>(part.Weights).Matrix.Digits)];
        Assert.Contains(1, digits);
        Assert.Contains(2, digits);
        Assert.InRange(chosen.Report.StudentBytes, one + 1, two - 1);
        using var file = new MemoryStream();
        TernaryModelFile.Save(chosen.Model, file);
        Assert.True(file.Length <= limit, $"{file.Length} of at most {limit} bytes");
        Assert.StartsWith("2 in encoder.layer.", chosen.Model.Provenance["distillation.digits"], StringComparison.Ordinal);
        Assert.Contains("Allow as many", Assert.Throws<ArgumentException>(() => Distill(TernaryDigits.Automatic(1000))).Message, StringComparison.Ordinal);

        static DistillationResult Distill(TernaryDigits digits) => TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { Steps = 1, Recipe = TernaryRecipe.Default with { Digits = digits } });
    }

    [Fact]
    public void MoreDigitsKeepMoreOfTheTeacher()
    {
        double[] cosines = [.. new[] { TernaryDigits.One, TernaryDigits.FeedForwardTwo, TernaryDigits.Two }.Select(digits => TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { Steps = 60, Recipe = TernaryRecipe.Default with { Digits = digits } }).Report.CosineMean)];
        Assert.True(cosines[0] < cosines[1] && cosines[1] < cosines[2], string.Join(" ", cosines));
    }

    [Fact]
    public void TheModelHoldsTheDigitsAndTheTableThatTheRecipeNames()
    {
        TernaryRecipe recipe = TernaryRecipe.Default with
        {
            Digits = TernaryDigits.TwoIn("*.intermediate.dense"),
            TokenEmbeddings = TokenEmbeddingFormat.Int3,
            TrainEmbeddings = true,
        };
        EmbeddingModel student = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 2, Recipe = recipe }).Model;
        Assert.All(student.Weights.Layers.SelectMany(layer => layer.Linears()), part =>
            Assert.Equal(part.Name == "intermediate.dense" ? 2 : 1, ((TernaryLinearWeights)part.Weights).Matrix.Digits));
        Assert.IsType<Int3EmbeddingTable>(student.Weights.TokenEmbeddings);
    }

    [Fact]
    public void ARunCanBeginWithTheStudentOfAnother()
    {
        string checkpoint = Path.Combine(Path.GetTempPath(), $"ternary-{Guid.NewGuid():N}.checkpoint");
        try
        {
            DistillationReport first = TernaryDistiller.Distill(
                Teacher, () => Corpus, new() { Steps = 100, CheckpointPath = checkpoint, Recipe = TernaryRecipe.OneDigit with { TrainEmbeddings = false } }).Report;
            TernaryRecipe still = TernaryRecipe.OneDigit with { LearningRate = 1e-12 };
            DistillationReport restarted = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 1, StartFrom = checkpoint, Recipe = still }).Report;
            Assert.Equal(first.CosineMean, restarted.CosineMean, 1e-3);
            DistillationReport fresh = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 1, Recipe = still }).Report;
            Assert.True(restarted.CosineMean > fresh.CosineMean + 0.05);
            Assert.Throws<FileNotFoundException>(() => TernaryDistiller.Distill(Teacher, () => Corpus, new() { StartFrom = checkpoint + ".absent" }));
        }
        finally
        {
            File.Delete(checkpoint);
        }
    }

    [Fact]
    public void NamedLayersStayInFullPrecision()
    {
        EmbeddingModel student = TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { Steps = 2, FullPrecisionLayers = ["encoder.layer.1.*", "*.intermediate.dense"] }).Model;
        foreach ((string name, LinearWeights weights) in student.Weights.Layers[0].Linears())
            Assert.Equal(name == "intermediate.dense", weights is DenseLinearWeights);
        Assert.All(student.Weights.Layers[1].Linears(), part => Assert.IsType<DenseLinearWeights>(part.Weights));
    }

    [Fact]
    public void APatternThatFitsNoLayerIsAnError() => Assert.Contains("encoder.layre.*", Assert.Throws<ArgumentException>(
        () => TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 1, FullPrecisionLayers = ["encoder.layre.*"] })).Message);

    [Fact]
    public void TheSameSeedGivesTheSameBytes()
    {
        var options = new DistillationOptions { Steps = 12, Seed = 7 };
        Assert.Equal(Bytes(options), Bytes(options));
        Assert.NotEqual(Bytes(options), Bytes(options with { Seed = 8 }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PrecisionRamp=0.8;LearnedScales=true;WeightDecay=0.01")]
    public void StoppingAndGoingOnGivesTheModelThatNotStoppingGives(string settings)
    {
        string checkpoint = Path.Combine(Path.GetTempPath(), $"ternary-{Guid.NewGuid():N}.checkpoint");
        try
        {
            var options = new DistillationOptions { Steps = 20, Seed = 7, Recipe = Recipe(TernaryRecipe.Default, settings) };
            byte[] whole = Bytes(options);
            using var stop = new CancellationTokenSource();
            var resumable = options with { CheckpointPath = checkpoint, Resume = true };
            var progress = new Recorder(p => { if (p.Step == 9) stop.Cancel(); });
            Assert.ThrowsAny<OperationCanceledException>(() => TernaryDistiller.Distill(Teacher, () => Corpus, resumable, progress, stop.Token));
            Assert.Equal(9, progress.Last!.Step);
            var rest = new Recorder(_ => { });

            byte[] resumed = Bytes(resumable, rest);

            Assert.Equal(10, rest.First!.Step);
            Assert.Equal(whole, resumed);
        }
        finally
        {
            File.Delete(checkpoint);
        }
    }

    [Theory]
    [InlineData("HiddenStateLayers=all")]
    [InlineData("HiddenStateLayers=1/3")]
    [InlineData("AttentionLoss=Relations")]
    [InlineData("AttentionLoss=Scores;AttentionLayers=all;AttentionWeight=0.1")]
    [InlineData("SimilarityLoss=KullbackLeibler")]
    [InlineData("SimilarityLoss=SquaredError")]
    [InlineData("MatryoshkaWeight=1;MatryoshkaComponents=8/16")]
    [InlineData("OutputForm=Binary")]
    [InlineData("PrecisionRamp=0.5")]
    [InlineData("LearnedScales=true")]
    [InlineData("LearnedScales=true;Scaling=matrix")]
    [InlineData("WeightDecay=0.01")]
    public void EachOptionChangesTheStudentAndStillTeachesIt(string settings)
    {
        var options = new DistillationOptions { Steps = 80, Seed = 7, Recipe = Recipe(TernaryRecipe.OneDigit, settings) };
        DistillationResult result = TernaryDistiller.Distill(Teacher, () => Corpus, options);
        double rounded = TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { Steps = 1, Recipe = TernaryRecipe.OneDigit with { LearningRate = 1e-12 } }).Report.CosineMean;
        Assert.True(result.Report.CosineMean > rounded + 0.02, $"{result.Report.CosineMean} against {rounded} for rounding");
        Assert.NotEqual(result.Report.CosineMean, TernaryDistiller.Distill(Teacher, () => Corpus, options with { Recipe = TernaryRecipe.OneDigit }).Report.CosineMean);
        Assert.Equal(string.Join(", ", RecipeSettings.Differences(Recipe(TernaryRecipe.OneDigit, settings), TernaryRecipe.Default)), result.Model.Provenance["distillation.settings"]);
        Assert.All(result.Model.Weights.Layers.SelectMany(layer => layer.Linears()), part => Assert.IsType<TernaryLinearWeights>(part.Weights));
    }

    [Fact]
    public void ARunMayBeAsLongAsANumberOfTokens()
    {
        DistillationReport report = TernaryDistiller.Distill(Teacher, () => Corpus, new() { TokenBudget = 3000 }).Report;
        Assert.InRange(report.Tokens, 2700, 3300);
    }

    [Fact]
    public void ACheckpointOfAnotherRunIsRefused()
    {
        string checkpoint = Path.Combine(Path.GetTempPath(), $"ternary-{Guid.NewGuid():N}.checkpoint");
        try
        {
            var options = new DistillationOptions { Steps = 2, CheckpointPath = checkpoint, Resume = true };
            TernaryDistiller.Distill(Teacher, () => Corpus, options);
            var error = Assert.Throws<InvalidOperationException>(() => TernaryDistiller.Distill(Teacher, () => Corpus, options with { Seed = 99 }));
            Assert.Contains(checkpoint, error.Message);

            EmbeddingModel other = HuggingFaceFolder.Load(TestPaths.Tiny("bert-relu"));
            error = Assert.Throws<InvalidOperationException>(() => TernaryDistiller.Distill(other, () => Corpus, options));
            Assert.Contains("another model", error.Message);

            byte[] bytes = File.ReadAllBytes(checkpoint);
            File.WriteAllBytes(checkpoint, bytes[..(bytes.Length / 2)]);
            error = Assert.Throws<InvalidOperationException>(() => TernaryDistiller.Distill(Teacher, () => Corpus, options));
            Assert.Contains("damaged", error.Message);
        }
        finally
        {
            File.Delete(checkpoint);
        }
    }

    [Fact]
    public void ATimeBudgetFixesTheNumberOfStepsAndReportsIt()
    {
        var progress = new Recorder(_ => { });
        DistillationReport report = TernaryDistiller.Distill(
            Teacher, () => Corpus, new() { TimeBudget = TimeSpan.FromSeconds(2) }, progress).Report;
        Assert.All(progress.All, p => Assert.Equal(report.Steps, p.TotalSteps));
        Assert.True(report.Steps > 5);
    }

    [Fact]
    public void EpochsCountPassesOverTheCorpus()
    {
        DistillationReport report = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Epochs = 2 }).Report;
        // 400 rows, every 16th held out: 375, 12 batches of at most 32 a pass.
        Assert.Equal(24, report.Steps);
        Assert.Equal(750, report.Texts);
    }

    [Fact]
    public void CancellationTakesLessThanASecond()
    {
        using var stop = new CancellationTokenSource();
        var watch = new Stopwatch();
        var progress = new Recorder(p => { if (p.Step == 3) { watch.Start(); stop.Cancel(); } });
        Assert.ThrowsAny<OperationCanceledException>(
            () => TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 100_000 }, progress, stop.Token));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 1);
    }

    [Theory]
    [InlineData("one")]
    [InlineData(null)]
    public void ACorpusOfOneRowTrainsOnItAndSaysSo(string? text)
    {
        DistillationReport report = TernaryDistiller.Distill(Teacher, () => [text], new() { Steps = 3 }).Report;
        Assert.True(report.HeldOutIsTrainingText);
        Assert.Equal(3, report.Texts);
    }

    [Fact]
    public void AnEmptyCorpusIsAnError() =>
        Assert.Throws<InvalidOperationException>(() => TernaryDistiller.Distill(Teacher, () => [], new() { Steps = 3 }));

    [Fact]
    public void ThePaperRecipeHasOneScaleAMatrix()
    {
        DistillationResult result = TernaryDistiller.Distill(Teacher, () => Corpus, new() { Steps = 3, Recipe = TernaryRecipe.Paper });
        Assert.All(result.Model.Weights.Layers.SelectMany(layer => layer.Linears()),
            part => Assert.Equal(1, ((TernaryLinearWeights)part.Weights).Matrix.Scales.Length));
        Assert.Equal(1e-4, result.Report.Recipe.LearningRate);
    }

    [Fact]
    public void BadOptionsAreNamed()
    {
        void Check(string name, DistillationOptions options) => Assert.Contains(name,
            Assert.ThrowsAny<ArgumentException>(() => TernaryDistiller.Distill(Teacher, () => Corpus, options)).Message);
        Check("TimeBudget", new() { TimeBudget = TimeSpan.Zero });
        Check("Steps", new() { Steps = 0 });
        Check("Epochs", new() { Epochs = 0 });
        Check("MaxLength", new() { MaxLength = 2 });
        Check("Threads", new() { Threads = -1 });
        Check("CheckpointPath", new() { Resume = true });
        Check("HeldOut", new() { HeldOut = [] });
        Check("BatchSize", new() { Recipe = TernaryRecipe.Default with { BatchSize = 0 } });
        Check("LearningRate", new() { Recipe = TernaryRecipe.Default with { LearningRate = 0 } });
        Check("WarmUp", new() { Recipe = TernaryRecipe.Default with { WarmUp = 1 } });
        Check("GradientClipping", new() { Recipe = TernaryRecipe.Default with { GradientClipping = -1 } });
    }

    private static TernaryRecipe Recipe(TernaryRecipe start, string settings) =>
        RecipeSettings.Apply(start, settings.Split(';', StringSplitOptions.RemoveEmptyEntries));

    private static byte[] Bytes(DistillationOptions options, IProgress<DistillationProgress>? progress = null)
    {
        BertWeights weights = TernaryDistiller.Distill(Teacher, () => Corpus, options, progress).Model.Weights;
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (TernaryLinearWeights linear in weights.Layers.SelectMany(layer => layer.Linears()).Select(part => (TernaryLinearWeights)part.Weights))
        {
            writer.Write(linear.Matrix.Packed.Span);
            foreach (float value in linear.Matrix.Scales.ToArray().Concat(linear.Bias))
                writer.Write(value);
        }
        foreach (float value in weights.EmbeddingNorm.Gain)
            writer.Write(value);
        return bytes.ToArray();
    }

    private static string[] MakeCorpus(int rows)
    {
        var random = new Random(11);
        return Enumerable.Range(0, rows)
            .Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(2, 9)).Select(_ => Words[random.Next(Words.Length)]))).ToArray();
    }

    private sealed class Recorder(Action<DistillationProgress> onStep) : IProgress<DistillationProgress>
    {
        public List<DistillationProgress> All { get; } = [];

        public DistillationProgress? First => All.FirstOrDefault();

        public DistillationProgress? Last => All.LastOrDefault();

        public void Report(DistillationProgress value)
        {
            All.Add(value);
            onStep(value);
        }
    }
}
