using FsCheck.Xunit;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class BatchPlanTests
{
    [Fact]
    public void TheLongestSequencesComeFirstAndTiesKeepTheirOrder()
    {
        BatchPlan plan = new(Offsets([3, 9, 3, 9, 5]), maxTokens: 1000, threads: 1);

        Assert.Equal(1, plan.Count);
        Assert.Equal([1, 3, 4, 0, 2], plan.Batch(0).ToArray());
    }

    [Fact]
    public void OneSequenceIsOneBatchHoweverLong()
    {
        BatchPlan plan = new(Offsets([700]), maxTokens: 256, threads: 8);

        Assert.Equal(1, plan.Count);
        Assert.Equal([0], plan.Batch(0).ToArray());
    }

    [Fact]
    public void FewShortTextsStayTogether()
    {
        Assert.Equal(1, new BatchPlan(Offsets([8, 8, 8]), maxTokens: 256, threads: 8).Count);
    }

    [Fact]
    public void WorkForOneFullBatchIsSharedAmongTheThreads()
    {
        Assert.Equal(2, new BatchPlan(Offsets([.. Enumerable.Repeat(16, 16)]), maxTokens: 256, threads: 2).Count);
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 4.0 / 3)]
    [InlineData(3, 1.0)]
    [InlineData(6, 2.0)]
    public void TheImbalanceIsThatOfTheBusiestThread(int threads, double expected)
    {
        BatchPlan plan = new(Offsets([10, 10, 10]), maxTokens: 10, threads: 1);
        Assert.Equal(expected, plan.Imbalance(threads), 1e-12);
    }

    [Fact]
    public void NothingMakesNoBatch()
    {
        Assert.Equal(0, new BatchPlan([0], maxTokens: 256, threads: 2).Count);
    }

    [Property]
    public bool EverySequenceIsInExactlyOneBatchAndBatchesKeepTheLimit(byte[] lengths, byte threads)
    {
        int[] offsets = Offsets([.. lengths.Select(l => l + 1)]);
        BatchPlan plan = new(offsets, maxTokens: 100, threads % 4 + 1);
        List<int> seen = [];
        for (int b = 0; b < plan.Count; b++)
        {
            int[] batch = plan.Batch(b).ToArray();
            if (batch.Length == 0 || (batch.Length > 1 && batch.Sum(s => offsets[s + 1] - offsets[s]) > 100))
                return false;
            seen.AddRange(batch);
        }
        return seen.Order().SequenceEqual(Enumerable.Range(0, lengths.Length));
    }

    private static int[] Offsets(int[] lengths)
    {
        int[] offsets = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
            offsets[i + 1] = offsets[i] + lengths[i];
        return offsets;
    }
}
