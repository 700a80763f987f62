// The cache gives what the model gives, asks it once for a text, and stays within its memory.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class CachedEmbedderTests
{
    // What an entry of a text of three characters and two components takes.
    private const long EntryBytes = 200 + 2 * 3 + 4 * 2;

    [Fact]
    public void EachTextIsComputedOnce()
    {
        TableEmbedder model = TableEmbedder.Literal(2);
        CachedEmbedder cache = new(model);
        Assert.Equal([1, 2, 3, 4, 1, 2], Embed(cache, "1 2", "3 4", "1 2"));
        Assert.Equal([3, 4, 5, 6], Embed(cache, "3 4", "5 6"));
        Assert.Equal(["1 2", "3 4", "5 6"], model.Asked);
        Assert.Equal(3, cache.Count);
        Assert.Equal(3 * EntryBytes, cache.Bytes);
    }

    [Fact]
    public void WhatWasNotAskedForLongestGoesFirst()
    {
        TableEmbedder model = TableEmbedder.Literal(2);
        CachedEmbedder cache = new(model, 2 * EntryBytes);
        Embed(cache, "1 1", "2 2");
        Embed(cache, "1 1");
        Embed(cache, "3 3");
        Assert.Equal(2, cache.Count);
        Assert.Equal([1, 1, 3, 3], Embed(cache, "1 1", "3 3"));
        Assert.Equal(3, model.Asked.Count);
        Assert.Equal([2, 2], Embed(cache, "2 2"));
        Assert.Equal(4, model.Asked.Count);
    }

    [Fact]
    public void ACacheWithoutMemoryStillAnswers()
    {
        CachedEmbedder cache = new(TableEmbedder.Literal(2), 0);
        Assert.Equal([1, 2, 1, 2], Embed(cache, "1 2", "1 2"));
        Assert.Equal((0, 0L), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void MissingTextsCountAsEmpty()
    {
        TableEmbedder model = new(1, text => [text.Length]);
        float[] output = new float[2];
        new CachedEmbedder(model).Embed([null, ""], output);
        Assert.Equal([0, 0], output);
        Assert.Equal([""], model.Asked);
    }

    [Fact]
    public void ManyThreadsGetTheirOwnTexts()
    {
        TableEmbedder model = new(1, text => [text.Length]);
        CachedEmbedder cache = new(new Locked(model), 50 * EntryBytes);
        Parallel.For(0, 200, i =>
        {
            float[] output = new float[2];
            cache.Embed([new string('a', i % 90), new string('b', 89 - i % 90)], output);
            Assert.Equal([i % 90, 89 - i % 90], output);
        });
        Assert.True(cache.Bytes <= cache.MaxBytes);
    }

    [Fact]
    public void BadInputIsRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new CachedEmbedder(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CachedEmbedder(TableEmbedder.Constant(), -1));
        Assert.Throws<ArgumentException>(() => new CachedEmbedder(TableEmbedder.Constant()).Embed(["a", "b"], new float[3]));
        Assert.Throws<ArgumentNullException>(() => new CachedEmbedder(TableEmbedder.Constant()).Embed(null!, new float[3]));
    }

    private static float[] Embed(CachedEmbedder cache, params string[] texts)
    {
        float[] output = new float[texts.Length * 2];
        cache.Embed(texts, output);
        return output;
    }

    private sealed class Locked(ITextEmbedder inner) : ITextEmbedder
    {
        private readonly Lock _lock = new();

        public int Dimension => inner.Dimension;

        public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
        {
            lock (_lock)
                inner.Embed(texts, output, cancellation);
        }
    }
}
