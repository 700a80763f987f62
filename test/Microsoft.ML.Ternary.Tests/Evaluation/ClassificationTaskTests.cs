// Classification: the trainer against a minimum worked out by hand, and the protocols.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class ClassificationTaskTests
{
    [Fact]
    public void ThePenaltyIsHalfTheSquaredWeightsBesideTheSummedLoss()
    {
        // x = 1 in class 0 and -1 in class 1: by symmetry weights w and -w, no bias. Minimum of 2 ln(1 + exp(-2w)) + w² where
        // w (1 + exp(2w)) = 2.
        MLContext ml = new(1);
        FeatureRow[] rows = FeatureRow.Create([1, -1], 1, [0, 1]);
        VBuffer<float>[] weights = [];
        FrozenFeatureTrainers.LogisticRegression(ml).Fit(FrozenFeatureTrainers.View(ml, rows, 2)).Model.GetWeights(ref weights, out int classes);
        float w = weights[0].GetItemOrDefault(0);
        Assert.Equal(2, classes);
        Assert.Equal(2, w * (1 + Math.Exp(2 * w)), 0.01);
        Assert.Equal(-w, weights[1].GetItemOrDefault(0), 0.001f);
    }

    [Fact]
    public void SeparateClassesAreLearnt()
    {
        IReadOnlyList<EvaluationScore> scores = new ClassificationTask("c", Texts(20), Texts(7)).Evaluate(TableEmbedder.Literal(2));
        Assert.Equal("accuracy", scores[0].Metric);
        Assert.All(scores, score => Assert.Equal(1, score.Value, 12));
    }

    [Fact]
    public void SparseRowsGiveWhatDenseRowsGive()
    {
        // The same three directions among 2 and among 40 components, of which all others are 0.
        LabeledText[] train = [.. Texts(10)], test = [.. Texts(5), new("east", "1 9")];
        TableEmbedder sparse = new(40, text => [.. text.Split(' ').Select(float.Parse), .. new float[38]]);
        Assert.Equal(new ClassificationTask("c", train, test).Evaluate(TableEmbedder.Literal(2)).Select(score => score.Value),
            new ClassificationTask("c", train, test).Evaluate(sparse).Select(score => score.Value), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void AModelThatTellsNothingApartGetsTheLargestClass()
    {
        // Of three classes only the largest, 3 of 5 rows, is ever predicted: its F1 is 2 x 2 / (2 + 4), the others' is 0.
        LabeledText[] train = [new("a", "1"), new("a", "2"), new("a", "3"), new("b", "4"), new("c", "5")];
        LabeledText[] test = [new("a", "6"), new("a", "7"), new("b", "8"), new("new", "9")];
        IReadOnlyList<EvaluationScore> scores = new ClassificationTask("c", train, test).Evaluate(TableEmbedder.Constant());
        Assert.Equal(0.5, scores.Of("accuracy"));
        Assert.Equal(2 / 3.0 / 3, scores.Of("f1"), 12);
        Assert.Equal(2 / 3.0 * 0.5, scores.Of("f1_weighted"), 12);
    }

    [Fact]
    public void FewShotDrawsTheSameExamplesEachTimeAndEmbedsNoOthers()
    {
        ClassificationOptions options = new() { FewShot = 2, Repetitions = 3 };
        ClassificationTask task = new("c", Texts(50), Texts(5), options);
        int training = task.Texts.Count - 15;
        Assert.InRange(training, 6, 18);
        Assert.Equal(task.Texts, new ClassificationTask("c", Texts(50), Texts(5), options).Texts);
        Assert.NotEqual(task.Texts, new ClassificationTask("c", Texts(50), Texts(5), options with { Seed = 1 }).Texts);
        Assert.Equal(1, task.Evaluate(TableEmbedder.Literal(2)).Of("accuracy"), 12);
    }

    [Fact]
    public void FewShotTakesAllOfAClassThatHasFewer()
    {
        ClassificationTask task = new("c", Texts(3), Texts(1), new ClassificationOptions { FewShot = 8, Repetitions = 1 });
        Assert.Equal(9 + 3, task.Texts.Count);
    }

    [Fact]
    public void TheSameEvaluationGivesTheSameFigures()
    {
        Random random = new(5);
        LabeledText[] Noisy(int count) => [.. Enumerable.Range(0, count).Select(i => new LabeledText($"{i % 4}", $"{random.NextSingle() + i % 2} {random.NextSingle() + i % 4 / 2}"))];
        ClassificationTask task = new("c", Noisy(300), Noisy(100), new ClassificationOptions { FewShot = 20, Repetitions = 2 });
        IReadOnlyList<EvaluationScore> scores = task.Evaluate(TableEmbedder.Literal(2));
        Assert.Equal(scores, task.Evaluate(TableEmbedder.Literal(2)));
        Assert.InRange(scores[0].Value, 0.5, 0.999);
    }

    [Fact]
    public void CancellingWhileItTrainsStopsIt()
    {
        using CancellationTokenSource source = new();
        ClassificationTask task = new("c", Texts(50), Texts(5));
        CancelAt progress = new(source, 0.9);
        Assert.ThrowsAny<OperationCanceledException>(() => task.Evaluate(TableEmbedder.Literal(2), progress, source.Token));
    }

    [Fact]
    public void BrokenTasksAreRefused()
    {
        Assert.Contains("label 'a'", Assert.Throws<ArgumentException>(() => new ClassificationTask("c", [new("a", "1"), new("a", "2")], [new("a", "1")])).Message);
        Assert.Throws<ArgumentException>(() => new ClassificationTask("c", [], [new("a", "1")]));
        Assert.Throws<ArgumentException>(() => new ClassificationTask("c", Texts(2), []));
        Assert.Contains("FewShot is 0", Assert.Throws<ArgumentException>(() => new ClassificationTask("c", Texts(2), Texts(2), new ClassificationOptions { FewShot = 0 })).Message);
        Assert.Throws<ArgumentException>(() => new ClassificationTask("c", Texts(2), Texts(2), new ClassificationOptions { FewShot = 1, Repetitions = 0 }));
    }

    // Three classes in three directions.
    private static LabeledText[] Texts(int each) => [.. Enumerable.Range(0, each).SelectMany(i => new LabeledText[]
    {
        new("north", $"{i % 3 * 0.1 - 0.1:0.0} {8 + i * 0.01:0.00}"), new("east", $"{8 + i * 0.01:0.00} {i % 3 * 0.1:0.0}"), new("west", $"{-8 - i * 0.01:0.00} {i % 3 * 0.1:0.0}"),
    })];

    private sealed class CancelAt(CancellationTokenSource source, double share) : IProgress<double>
    {
        public void Report(double value)
        {
            if (value >= share)
                source.Cancel();
        }
    }
}
