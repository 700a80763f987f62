using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class TextEncoderTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 60).Select(i => string.Join(' ', Enumerable.Repeat("the cat sat", 1 + i * 7 % 11)))];

    // Shapes that fill no vector register and shapes that do, float and ternary.
    public static TheoryData<string, bool> Models => new()
    {
        { "bert-odd-shapes", false },
        { "bert-odd-shapes", true },
        { "bert", true },
        { "st-cls-mean", false },
        { "st-max", true },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void AnEmbeddingDoesNotDependOnItsBatchOrOnThreadsByASingleBit(string folder, bool ternary)
    {
        EmbeddingModel model = Load(folder, ternary);
        CheckBatchesAndThreads(model, TokenBatch.FromSequences(RandomSequences(model.Config, 40)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MiniLMsEmbeddingsDoNotDependOnBatchOrThreadsEither(bool ternary)
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.MiniLm);
        if (ternary)
            model = ModelTernarizer.Ternarize(model, TernaryScaling.PerRow());
        using TextEncoder encoder = new(model);
        CheckBatchesAndThreads(model, encoder.Tokenize([.. Golden.MiniLmTexts().Select(t => t.Text)]));
    }

    [Fact]
    public void MoreTextsThanAWindowComeBackInOrder()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        string[] texts = [.. Enumerable.Range(0, 8192 + 500).Select(i => Texts[i % Texts.Length])];
        float[] all = new float[texts.Length * encoder.Dimension];
        encoder.Embed(texts, all);

        float[] few = new float[Texts.Length * encoder.Dimension];
        encoder.Embed(Texts, few);
        for (int i = 0; i < texts.Length; i++)
        {
            ReadOnlySpan<float> expected = few.AsSpan(i % Texts.Length * encoder.Dimension, encoder.Dimension);
            Assert.True(all.AsSpan(i * encoder.Dimension, encoder.Dimension).SequenceEqual(expected), $"text {i}");
        }
    }

    [Fact]
    public async Task ManyThreadsMayEmbedAtOnce()
    {
        using TextEncoder encoder = new(Load("st-mean", ternary: true));
        float[] expected = Embed(encoder, Texts);
        float[][] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Embed(encoder, Texts))));
        Assert.All(results, result => Assert.Equal(expected, result));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\t \r\n")]
    [InlineData("\u3000\u00a0")]
    public void ABlankTextEmbedsAsTheEmptySequence(string? text)
    {
        using TextEncoder encoder = new(Load("st-mean"), new TextEncoderOptions { Prefix = "the " });
        float[] expected = new float[encoder.Dimension];
        encoder.EmbedTokens(TokenBatch.FromSequences([2, 3]), expected);

        Assert.Equal([2, 3], encoder.Tokenize([text]).Ids.ToArray());
        Assert.Equal(expected, encoder.Embed(text));
    }

    [Fact]
    public void NoTextsNeedNoOutput()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        encoder.Embed([], []);
        encoder.EmbedTokens(TokenBatch.FromSequences(), []);
    }

    [Fact]
    public void APrefixStandsBeforeEveryText()
    {
        EmbeddingModel model = Load("st-mean");
        using TextEncoder plain = new(model);
        using TextEncoder prefixed = new(model, new TextEncoderOptions { Prefix = "the " });
        Assert.Equal(plain.Embed("the cat"), prefixed.Embed("cat"));
        Assert.NotEqual(plain.Embed("cat"), prefixed.Embed("cat"));
    }

    [Fact]
    public void TextIsCutAtTheMaximumLengthAndKeepsItsSeparator()
    {
        using TextEncoder encoder = new(Load("st-mean"), new TextEncoderOptions { MaxLength = 5 });
        Assert.Equal([2, 83, 136, 83, 3], encoder.Tokenize(["the cat the cat the cat"]).Ids.ToArray());
    }

    [Fact]
    public void FewerComponentsAreTheFirstOnesScaledToNormOneAgain()
    {
        EmbeddingModel model = Load("st-mean");
        using TextEncoder whole = new(model);
        using TextEncoder cut = new(model, new TextEncoderOptions { Dimension = 7 });
        float[] expected = whole.Embed("the cat")[..7];
        TensorPrimitives.Divide(expected, TensorPrimitives.Norm<float>(expected), expected);

        Assert.Equal(7, cut.Dimension);
        VectorAssert.Close(expected, cut.Embed("the cat"), 1e-6f);
        Assert.Equal(1, TensorPrimitives.Norm<float>(cut.Embed("the cat")), 1e-6f);
    }

    [Fact]
    public void AModelThatDoesNotNormaliseIsOnlyCut()
    {
        EmbeddingModel loaded = Load("st-mean");
        EmbeddingModel model = new(loaded.Config, loaded.Tokenizer, loaded.Weights, loaded.Pooling, [], normalize: false);
        using TextEncoder whole = new(model);
        using TextEncoder cut = new(model, new TextEncoderOptions { Dimension = 7 });
        Assert.Equal(whole.Embed("the cat")[..7], cut.Embed("the cat"));
    }

    [Theory]
    [InlineData("*.value", "encoder.layer.1.output.dense")]
    [InlineData("encoder.layer.0.attention.self.value", "encoder.layer.0.intermediate.dense")]
    [InlineData("encoder.layer.1.attention.self.value", "encoder.layer.1.attention.output.dense")]
    public void LayersInFullPrecisionAndTernaryOnesMixInOneModel(params string[] inFullPrecision)
    {
        EmbeddingModel full = Load("st-mean");
        EmbeddingModel mixed = ModelTernarizer.Ternarize(full, TernaryScaling.PerRow(), inFullPrecision);
        EmbeddingModel ternary = ModelTernarizer.Ternarize(full, TernaryScaling.PerRow());
        using TextEncoder fullEncoder = new(full);
        using TextEncoder mixedEncoder = new(mixed);
        using TextEncoder ternaryEncoder = new(ternary);
        float near = Similarity(fullEncoder, mixedEncoder);
        float far = Similarity(fullEncoder, ternaryEncoder);
        Assert.True(far < near && near < 1, $"full precision to mixed {near}, to ternary {far}");

        static float Similarity(TextEncoder a, TextEncoder b) => TensorPrimitives.CosineSimilarity<float>(Embed(a, Texts), Embed(b, Texts));
    }

    [Fact]
    public void AnOutputThatIsTooSmallIsRefusedBeforeAnyWork()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        float[] output = new float[2 * encoder.Dimension - 1];
        ArgumentException error = Assert.Throws<ArgumentException>(() => encoder.Embed(["a", "b"], output));
        Assert.Contains($"The output holds {output.Length} values; 2 embeddings of {encoder.Dimension} components need {output.Length + 1}", error.Message);
        Assert.All(output, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void AnIdOutsideTheVocabularyIsNamed(int id)
    {
        using TextEncoder encoder = new(Load("st-mean"));
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            encoder.EmbedTokens(TokenBatch.FromSequences([2, 3], [2, 5, id, 3]), new float[2 * encoder.Dimension]));
        Assert.Contains($"Token 2 of sequence 1 has id {id}; the vocabulary has ids 0 to", error.Message);
    }

    [Fact]
    public void ASequenceLongerThanTheModelsPositionsIsNamed()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        int positions = encoder.Model.Config.MaxPositions;
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            encoder.EmbedTokens(TokenBatch.FromSequences(new int[positions + 1]), new float[encoder.Dimension]));
        Assert.Contains($"Sequence 0 has {positions + 1} tokens; the model has {positions} positions", error.Message);
    }

    [Fact]
    public void ATokenTypeThatTheModelLacksIsNamed()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        int types = encoder.Model.Config.TokenTypes;
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            encoder.EmbedTokens(new TokenBatch(new[] { 2, 3 }, new[] { 0, 2 }, new[] { 0, types }), new float[encoder.Dimension]));
        Assert.Contains($"Token 1 of the batch has type {types}", error.Message);
    }

    [Theory]
    [InlineData(0, 0, 0, "MaxThreads is 0")]
    [InlineData(1, -1, 0, "Dimension is -1")]
    [InlineData(1, 100_000, 0, "Dimension is 100000")]
    [InlineData(1, 0, 1, "MaxLength is 1")]
    [InlineData(1, 0, 100_000, "MaxLength is 100000")]
    public void AnOptionOutOfRangeIsNamed(int maxThreads, int dimension, int maxLength, string message)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new TextEncoder(Load("st-mean"), new TextEncoderOptions { MaxThreads = maxThreads, Dimension = dimension, MaxLength = maxLength }));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void ADisposedEncoderRefusesWork()
    {
        TextEncoder encoder = new(Load("st-mean"));
        encoder.Dispose();
        encoder.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encoder.Embed("a"));
        Assert.Throws<ObjectDisposedException>(() => encoder.EmbedTokens(TokenBatch.FromSequences([2, 3]), new float[1000]));
    }

    [Fact]
    public void CancellationStopsEmbeddingAndTheEncoderGoesOn()
    {
        using TextEncoder encoder = new(Load("st-mean"));
        using CancellationTokenSource source = new();
        source.Cancel();
        float[] output = new float[Texts.Length * encoder.Dimension];
        Assert.ThrowsAny<OperationCanceledException>(() => encoder.Embed(Texts, output, source.Token));
        encoder.Embed(Texts, output);
        Assert.Equal(Embed(encoder, Texts), output);
    }

    [Fact]
    public void OneQueryRunsOnTheCallingThreadAndAllocatesNothing()
    {
        using TextEncoder encoder = new(Load("st-mean", ternary: true));
        float[] output = new float[encoder.Dimension];
        TokenBatch query = TokenBatch.FromSequences([2, 83, 136, 3]);
        encoder.EmbedTokens(query, output);
        encoder.EmbedTokens(query, output);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            encoder.EmbedTokens(query, output);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void CheckBatchesAndThreads(EmbeddingModel model, TokenBatch tokens)
    {
        using TextEncoder alone = new(model, new TextEncoderOptions { MaxThreads = 1, BatchTokens = 1 });
        float[] expected = EmbedTokens(alone, tokens);
        foreach ((int threads, int batchTokens) in new[] { (1, 17), (1, 100_000), (2, 64), (4, 256), (7, 33) })
        {
            using TextEncoder encoder = new(model, new TextEncoderOptions { MaxThreads = threads, BatchTokens = batchTokens });
            Assert.Equal(expected, EmbedTokens(encoder, tokens));
        }
    }

    private static int[][] RandomSequences(BertConfig config, int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count).Select(_ =>
            Enumerable.Range(0, random.Next(1, Math.Min(48, config.MaxPositions))).Select(_ => random.Next(config.VocabularySize)).ToArray())];
    }

    private static EmbeddingModel Load(string folder, bool ternary = false)
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny(folder));
        return ternary ? ModelTernarizer.Ternarize(model, TernaryScaling.PerRow()) : model;
    }

    private static float[] Embed(TextEncoder encoder, string[] texts)
    {
        float[] output = new float[texts.Length * encoder.Dimension];
        encoder.Embed(texts, output);
        return output;
    }

    private static float[] EmbedTokens(TextEncoder encoder, TokenBatch tokens)
    {
        float[] output = new float[tokens.Count * encoder.Dimension];
        encoder.EmbedTokens(tokens, output);
        return output;
    }
}
