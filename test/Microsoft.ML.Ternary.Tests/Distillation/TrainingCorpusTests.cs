using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Distillation;

public class TrainingCorpusTests
{
    private static readonly TextTokenizer Tokenizer = TextTokenizer.Create(HuggingFaceFolder.Load(TestPaths.Tiny("st-mean")).Tokenizer);
    private static readonly string[] Letters = Enumerable.Range(0, 26).Select(i => ((char)('a' + i)).ToString()).ToArray();

    // 300 different texts of 1 to 6 tokens of text; the first two letters of each number it.
    private static readonly string[] Texts = Enumerable.Range(0, 300)
        .Select(i => string.Join(' ', new[] { Letters[i / 26], Letters[i % 26] }.Concat(Enumerable.Repeat("z", i % 5)))).ToArray();

    [Fact]
    public void OnePassYieldsEveryTextOnce()
    {
        TrainingCorpus corpus = Corpus(batchSize: 2);
        Assert.Equal(150, corpus.CountBatches());
        string[] seen = corpus.BatchesFrom(default).TakeWhile(b => b.Batch.Sequences.Count > 0).Take(150)
            .SelectMany(b => b.Batch.Sequences).Select(Key).Order().ToArray();
        string[] expected = Texts.Select(text => Key(Tokenizer.Encode(text))).Order().ToArray();
        Assert.Equal(expected, seen);
    }

    [Fact]
    public void TheFirstBatchOfAPassBelongsToThatPass()
    {
        int[] epochs = Corpus(batchSize: 100).BatchesFrom(default).Take(7).Select(b => b.Epoch).ToArray();
        Assert.Equal([0, 0, 0, 1, 1, 1, 2], epochs);
    }

    [Fact]
    public void ABatchHoldsTextsOfSimilarLength()
    {
        double padded = 0, real = 0;
        foreach ((TrainingBatch batch, _, _, _) in Corpus(batchSize: 8).BatchesFrom(default).Take(37))
        {
            padded += batch.Sequences.Count * batch.Sequences.Max(sequence => sequence.Length);
            real += batch.Tokens;
        }
        Assert.InRange(padded / real, 1, 1.05);
    }

    [Fact]
    public void TheSameSeedGivesTheSameOrderAndAnotherSeedAnother()
    {
        string Order(int seed) => string.Join('|', Corpus(2, seed).BatchesFrom(default).Take(40).Select(b => Key(b.Batch.Sequences[0])));
        Assert.Equal(Order(1), Order(1));
        Assert.NotEqual(Order(1), Order(2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(150)]
    [InlineData(151)]
    public void GoingOnFromAPositionYieldsWhatWouldHaveComeNext(int done)
    {
        TrainingCorpus corpus = Corpus(batchSize: 2);
        var all = corpus.BatchesFrom(default).Take(done + 20).ToList();
        CorpusPosition position = all[done - 1].Next;
        Assert.Equal(
            all.Skip(done).Select(b => Key(b.Batch.Sequences[0])),
            corpus.BatchesFrom(position).Take(20).Select(b => Key(b.Batch.Sequences[0])));
    }

    [Fact]
    public void HeldOutRowsAreLeftOut()
    {
        var corpus = new TrainingCorpus(() => Texts, Tokenizer, 2, 0, 1, new HashSet<long> { 0, 17, 299 });
        var seen = corpus.BatchesFrom(default).Take(corpus.CountBatches()).SelectMany(b => b.Batch.Sequences).Select(Key).ToHashSet();
        Assert.Equal(297, seen.Count);
        Assert.DoesNotContain(Key(Tokenizer.Encode(Texts[17])), seen);
    }

    [Fact]
    public void ALongTextIsCutToTheMaximumLength()
    {
        var corpus = new TrainingCorpus(() => ["a b c d e f g h"], Tokenizer, 2, maxLength: 5, 1, new HashSet<long>());
        Assert.Equal(5, corpus.BatchesFrom(default).First().Batch.Tokens);
    }

    [Fact]
    public void AnEmptyCorpusIsAnError()
    {
        var corpus = new TrainingCorpus(() => [], Tokenizer, 2, 0, 1, new HashSet<long>());
        Assert.Throws<InvalidOperationException>(() => corpus.BatchesFrom(default).First());
    }

    [Fact]
    public void PartsOfABatchStayBelowTheirLimitAndTogetherAreTheBatch()
    {
        int[][] sequences = [.. Enumerable.Range(1, 20).Select(length => Enumerable.Range(0, length).ToArray())];
        var parts = new TrainingBatch(sequences).Split(40).ToList();
        Assert.All(parts, part => Assert.True(part.Sequences.Count == 1 || part.Sequences.Count * part.Sequences.Max(s => s.Length) <= 40));
        Assert.Equal(sequences, parts.SelectMany(part => part.Sequences));
    }

    private static TrainingCorpus Corpus(int batchSize, int seed = 1) => new(() => Texts, Tokenizer, batchSize, 0, seed, new HashSet<long>());

    private static string Key(int[] ids) => string.Join(' ', ids);
}
