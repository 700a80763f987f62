// What all tasks have in common: progress, cancellation, and models that give no numbers.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class EvaluationTaskTests
{
    private static readonly SentencePair[] Pairs = [.. Enumerable.Range(0, 1500).Select(i => new SentencePair(i % 5, $"1 {i}", $"1 {2 * i}"))];

    [Fact]
    public void ProgressRisesToOne()
    {
        ProgressList progress = new();
        new StsTask("sts", Pairs).Evaluate(TableEmbedder.Literal(2), progress);
        Assert.True(progress.Values.Count > 2);
        Assert.Equal(progress.Values.Order(), progress.Values);
        Assert.Equal(1, progress.Values[^1]);
    }

    [Fact]
    public void TheTextsOfATaskAreThoseThatItEmbeds()
    {
        TableEmbedder embedder = TableEmbedder.Literal(2);
        StsTask task = new("sts", Pairs);
        task.Evaluate(embedder);
        Assert.Equal(task.Texts, embedder.Asked);
    }

    [Fact]
    public void ACancelledEvaluationStops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => new StsTask("sts", Pairs).Evaluate(TableEmbedder.Literal(2), null, new CancellationToken(true)));

    [Fact]
    public void CancellingWhileItRunsStopsIt()
    {
        using CancellationTokenSource source = new();
        TableEmbedder embedder = new(2, text =>
        {
            source.Cancel();
            return [1, 0];
        });
        Assert.ThrowsAny<OperationCanceledException>(() => new StsTask("sts", Pairs).Evaluate(embedder, null, source.Token));
        Assert.True(embedder.Asked.Count < 3000);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AModelThatGivesNoNumbersIsRefusedWithTheText(float value)
    {
        TableEmbedder embedder = new(2, text => text == "1 8" ? [1, value] : [1, 0]);
        string message = Assert.Throws<InvalidOperationException>(() => new StsTask("sts", Pairs).Evaluate(embedder)).Message;
        Assert.Contains("'1 8'", message);
        Assert.Contains("diverged", message);
    }

    [Fact]
    public void AModelMustBeGiven() => Assert.Throws<ArgumentNullException>(() => new StsTask("sts", Pairs).Evaluate(null!));

    [Fact]
    public void ATaskNeedsAName() => Assert.Throws<ArgumentException>(() => new StsTask(" ", Pairs));

    [Fact]
    public void ItemsThatAreNullAreNamed() =>
        Assert.Contains("Item 1", Assert.Throws<ArgumentException>(() => new StsTask("sts", [Pairs[0], null!])).Message);

    // Progress<T> reports later, on other threads.
    private sealed class ProgressList : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
