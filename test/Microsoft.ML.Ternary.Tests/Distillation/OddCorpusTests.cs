// Corpora as they come: empty rows, endless ones, ones that change or break.
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public sealed class OddCorpusTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RowsThatAreAllEmptyAreTrainedOnAndWarnedOf()
    {
        DistillationReport report = Distill(() => [null, "", " ", "\t\n"], new() { Steps = 3 });
        Assert.Equal(12, report.Texts);
        Assert.True(double.IsFinite(report.CosineMean));
        Assert.Contains("All rows of the training text are empty", Assert.Single(report.Warnings));
        Assert.Empty(Distill(() => [null, "", " ", "word"], new() { Steps = 3 }).Warnings);
    }

    [Fact]
    public void ARowOfAnyLengthIsCutToTheModelsMaximum()
    {
        string endless = string.Join(' ', Enumerable.Repeat("word", 100_000));
        DistillationReport report = Distill(() => [endless, "the cat"], new() { Steps = 2 });
        Assert.InRange(report.Tokens, 1, 2 * (TinyDistillation.Teacher.Config.MaxPositions + 4));
        Assert.True(double.IsFinite(report.CosineMean));
    }

    [Fact]
    public void ACorpusOfOneTextManyTimesIsTrainedOn()
    {
        DistillationReport report = Distill(() => Enumerable.Repeat("the dog was hot", 500), new() { Steps = 20 });
        Assert.InRange(report.CosineMean, 0, 1);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void AnEmptyCorpusSaysWhatIsNeededHoweverTheRunEnds()
    {
        foreach (DistillationOptions options in new DistillationOptions[] { new() { Steps = 3 }, new(), new() { TimeBudget = TimeSpan.FromSeconds(1) }, new() { Steps = 3, HeldOut = ["one"] } })
            Assert.Contains("at least one text", Assert.Throws<InvalidOperationException>(() => Distill(() => [], options)).Message);
    }

    [Fact]
    public void NoMoreRowsAreReadThanAreTrainedOn()
    {
        int read = 0;
        IEnumerable<string> Endless()
        {
            while (true)
            {
                read++;
                yield return "the cat";
            }
        }
        TernaryRecipe recipe = TernaryRecipe.Default with { BatchSize = 4, LearningRate = 1e-3 };
        Distill(Endless, new() { Steps = 3, Recipe = recipe });
        // The rows that are looked at for held-out ones, and one window of 64 batches, a sixteenth of them held out.
        Assert.InRange(read, 4096 + 256, 4096 + 256 + 32);
    }

    [Fact]
    public void AMillionRowsAreCountedAWindowAtATime()
    {
        const int Rows = 1_000_000, Window = 2 * 64;
        int mostAhead = 0, handedOut = 0, seen = 0;
        IEnumerable<string> Stream()
        {
            for (int i = 0; i < Rows; i++)
            {
                mostAhead = Math.Max(mostAhead, ++handedOut - seen);
                yield return "word";
            }
        }
        TextTokenizer tokenizer = TextTokenizer.Create(TinyDistillation.Teacher.Tokenizer);
        var corpus = new TrainingCorpus(Stream, tokenizer, 2, 0, 1, new HashSet<long>());
        foreach ((TrainingBatch batch, _, _, _) in corpus.BatchesFrom(default).Take(2000))
            seen += batch.Sequences.Count;
        Assert.InRange(mostAhead, Window, Window + 2);
        Assert.Equal(Rows / 2, corpus.CountBatches());
    }

    [Fact]
    public void APassWithFewerRowsIsWarnedOfAndTrainingGoesOn()
    {
        int pass = 0;
        var progress = new TinyDistillation.Recorder();
        // Passes: held-out rows, the mean length for the rate, and then those of training.
        DistillationReport report = TernaryDistiller.Distill(
            TinyDistillation.Teacher, () => TinyDistillation.Corpus.Take(++pass <= 3 ? 400 : 120), new() { Steps = 30 }, progress).Report;
        Assert.Equal(30, report.Steps);
        Assert.Contains("120 rows and the first one 400", Assert.Single(report.Warnings));
        Assert.Equal(report.Warnings, progress.Warnings);
    }

    [Fact]
    public void APassWithoutRowsEndsTrainingAndKeepsItsState()
    {
        int pass = 0;
        DistillationOptions options = new() { Steps = 30, Seed = 7, CheckpointPath = _folder.File("checkpoint"), Resume = true };
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => Distill(() => ++pass <= 3 ? TinyDistillation.Corpus : [], options));
        Assert.Contains("Pass 2", error.Message);
        AssertGoesOnAfter(12, options);
    }

    [Fact]
    public void ARowThatCannotBeReadIsNamedAndTheStateIsKept()
    {
        TernaryRecipe recipe = TernaryRecipe.Default with { BatchSize = 2, LearningRate = 1e-3 };
        DistillationOptions options = new() { Steps = 170, Seed = 7, Recipe = recipe, CheckpointPath = _folder.File("checkpoint"), Resume = true };
        int pass = 0;
        IEnumerable<string> Breaks(bool sound)
        {
            for (int row = 0; row < 400; row++)
                yield return row < 300 || sound ? TinyDistillation.Corpus[row] : throw new FormatException("no text here");
        }

        IOException error = Assert.ThrowsAny<IOException>(() => Distill(() => Breaks(++pass == 1), options));

        Assert.Contains("Row 301", error.Message);
        Assert.Contains("no text here", error.Message);
        Assert.IsType<FormatException>(error.InnerException);
        AssertGoesOnAfter(128, options);
    }

    [Fact]
    public void CancellationByTheCorpusIsNoFailureOfARow() =>
        Assert.Throws<OperationCanceledException>(() => Distill(() => throw new OperationCanceledException(), new() { Steps = 1 }));

    private static DistillationReport Distill(Func<IEnumerable<string?>> corpus, DistillationOptions options) =>
        TernaryDistiller.Distill(TinyDistillation.Teacher, corpus, options).Report;

    private static void AssertGoesOnAfter(int step, DistillationOptions options)
    {
        var progress = new TinyDistillation.Recorder();
        byte[] resumed = TinyDistillation.Bytes(TinyDistillation.Run(options, progress).Model);
        Assert.Equal(step + 1, progress.All[0].Step);
        Assert.Equal(TinyDistillation.Bytes(TinyDistillation.Run(options with { CheckpointPath = null, Resume = false }).Model), resumed);
    }
}
