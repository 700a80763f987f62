// Threads that share a batch must give what one thread gives, bit for bit, and leave nothing behind. On a pool of their own, so
// that there are as many threads as a test says, whatever the machine has.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Encoders;

[Collection(AloneCollection.Name)]
public class SharedBatchTests
{
    private static readonly WorkerPool Pool = new(3);

    public static TheoryData<string, bool> Models => new()
    {
        { "bert-odd-shapes", false },
        { "bert-odd-shapes", true },
        { "bert", true },
        { "st-cls-mean", true },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void ABatchThatThreadsShareGivesTheBitsThatOneThreadGives(string folder, bool ternary)
    {
        EmbeddingModel model = Load(folder, ternary);
        int longest = model.Config.MaxPositions;

        // One long sequence; fewer rows than threads take; three sequences; lengths that fill no block; one batch after another.
        (int BatchTokens, int[] Lengths)[] cases =
            [(256, [longest]), (256, [1]), (256, [9]), (256, [longest, longest / 2, 3]), (256, [7, 1, 12, 1, 5]), (longest, [.. Enumerable.Repeat(longest, 5)])];
        foreach ((int batchTokens, int[] lengths) in cases)
        {
            TokenBatch tokens = Sequences(model, lengths);
            float[] expected = Embed(model, new TextEncoderOptions { MaxThreads = 1 }, tokens);
            for (int threads = 2; threads <= 4; threads++)
            {
                EncoderTimes times = new();
                TextEncoderOptions options = Sharing(threads) with { BatchTokens = batchTokens, Times = times };
                for (int round = 0; round < 5; round++)
                    Assert.Equal(expected, Embed(model, options, tokens));
                for (int rank = 0; rank < threads; rank++)
                    Assert.True(times.Of(rank).Seconds(Stage.Wait) > 0, $"Member {rank} of {threads} had no part in {lengths.Length} sequences.");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void EmbeddingTokensAllocatesNothingOnAnyThreadOnceWarm(int threads)
    {
        EmbeddingModel model = Load("st-cls-mean", ternary: true);
        using TextEncoder encoder = new(model, Sharing(threads));
        TokenBatch one = Sequences(model, [model.Config.MaxPositions]), three = Sequences(model, [20, 24, 11]);
        float[] output = new float[3 * encoder.Dimension];

        // Other threads of the process may allocate in one stretch or another; calls that do so do it in every one.
        (long Own, long All) least = (long.MaxValue, long.MaxValue);
        for (int stretch = 0; stretch < 10; stretch++)
        {
            long own = GC.GetAllocatedBytesForCurrentThread(), all = GC.GetTotalAllocatedBytes(precise: true);
            for (int call = 0; call < 50; call++)
            {
                encoder.EmbedTokens(one, output);
                encoder.EmbedTokens(three, output);
            }
            all = GC.GetTotalAllocatedBytes(precise: true) - all;
            own = GC.GetAllocatedBytesForCurrentThread() - own;
            least = (Math.Min(least.Own, own), Math.Min(least.All, all));
        }

        Assert.Equal((0, 0), least);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void AfterACancelledCallTheNextOneIsWhole(int threads)
    {
        EmbeddingModel model = Load("bert", ternary: true);
        TokenBatch tokens = Sequences(model, [24, 20, 24]);
        using TextEncoder encoder = new(model, Sharing(threads));
        float[] expected = new float[3 * encoder.Dimension], output = new float[3 * encoder.Dimension];
        encoder.EmbedTokens(tokens, expected, TestContext.Current.CancellationToken);

        Assert.ThrowsAny<OperationCanceledException>(() => encoder.EmbedTokens(tokens, output, new CancellationToken(canceled: true)));

        Assert.All(output, value => Assert.Equal(0, value));
        encoder.EmbedTokens(tokens, output, TestContext.Current.CancellationToken);
        Assert.Equal(expected, output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task CancellationStopsACallThatIsUnderWay(int threads)
    {
        EmbeddingModel model = Load("bert", ternary: true);
        TokenBatch tokens = Sequences(model, [.. Enumerable.Repeat(24, 20_000)]);
        using TextEncoder encoder = new(model, Sharing(threads));
        float[] output = new float[tokens.Count * encoder.Dimension];
        using CancellationTokenSource source = new();
        Task watch = Task.Factory.StartNew(() =>
        {
            // Equally long sequences are embedded in their order.
            while (Volatile.Read(ref output[0]) == 0)
                Thread.SpinWait(10);
            source.Cancel();
        }, TaskCreationOptions.LongRunning);

        Assert.ThrowsAny<OperationCanceledException>(() => encoder.EmbedTokens(tokens, output, source.Token));

        await watch;
        Assert.Equal(0, output[^1]);
    }

    private static TextEncoderOptions Sharing(int threads) => new() { MaxThreads = threads, Pool = Pool, WorthwhileProducts = 1, SharingTolerance = double.PositiveInfinity };

    private static float[] Embed(EmbeddingModel model, TextEncoderOptions options, TokenBatch tokens)
    {
        using TextEncoder encoder = new(model, options);
        float[] output = new float[tokens.Count * encoder.Dimension];
        encoder.EmbedTokens(tokens, output);
        return output;
    }

    private static TokenBatch Sequences(EmbeddingModel model, int[] lengths)
    {
        Random random = new(lengths.Length);
        return TokenBatch.FromSequences([.. lengths.Select(length =>
            Enumerable.Range(0, length).Select(_ => random.Next(model.Config.VocabularySize)).ToArray())]);
    }

    private static EmbeddingModel Load(string folder, bool ternary) => ternary ? TestModels.Ternary(TestModels.Tiny(folder)) : TestModels.Tiny(folder);
}
