using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class TokenBatchTests
{
    [Fact]
    public void SequencesLieOneAfterTheOther()
    {
        TokenBatch batch = TokenBatch.FromSequences([7, 8, 9], [5], [6, 4]);

        Assert.Equal(3, batch.Count);
        Assert.Equal(6, batch.TokenCount);
        Assert.Equal(3, batch.MaxLength);
        Assert.Equal([7, 8, 9, 5, 6, 4], batch.Ids.ToArray());
        Assert.Equal([0, 3, 4, 6], batch.Offsets.ToArray());
        Assert.Equal([5], batch.Sequence(1).ToArray());
    }

    [Fact]
    public void NoSequencesMakeAnEmptyBatch()
    {
        TokenBatch batch = TokenBatch.FromSequences();

        Assert.Equal(0, batch.Count);
        Assert.Equal(0, batch.TokenCount);
        Assert.Equal(0, batch.MaxLength);
    }

    [Fact]
    public void AnEmptySequenceIsRefusedByItsIndex()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TokenBatch.FromSequences([1], [], [2]));
        Assert.Contains("Sequence 1 is empty", error.Message);
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 1, 3 })]
    [InlineData(new[] { 0, 2 })]
    [InlineData(new[] { 0, 4 })]
    public void OffsetsMustSpanTheIds(int[] offsets)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new TokenBatch(new int[3], offsets));
        Assert.Contains("begin with 0 and end with the number of ids, 3", error.Message);
    }

    [Fact]
    public void OffsetsThatGoBackAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new TokenBatch(new int[3], new[] { 0, 2, 1, 3 }));
    }
}
