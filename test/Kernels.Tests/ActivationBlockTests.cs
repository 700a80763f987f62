// Blocks are reused between layers and calls; stale int8 codes would be the bug.
namespace Microsoft.ML.Ternary.Kernels.Tests;

public unsafe class ActivationBlockTests
{
    [Fact]
    public void RowsAreWrittenInEveryForm()
    {
        var block = new ActivationBlock(2, 2);
        block.SetRow(0, [127, -1]);
        block.SetRow(1, [2, 127]);

        Assert.Equal([127, -1, 2, 127], block.Values.ToArray());
        Assert.Equal([127, -1], Codes(block, 0)[..2]);
        Assert.Equal([2, 127], Codes(block, 1)[..2]);
        Assert.Equal([126, 129], new ReadOnlySpan<int>(block.SumsOf(0), 2).ToArray());
        Assert.Equal([1f, 1f], new ReadOnlySpan<float>(block.ScalesOf(0), 2).ToArray());
    }

    [Fact]
    public void QuantizeFollowsTheValuesWrittenLast()
    {
        ActivationBlock block = Blocks.Of(2, 127, -1);
        block.Values[0] = 1;
        block.Values[1] = 127;
        Assert.Equal([127, -1], Codes(block, 0)[..2]);

        block.Quantize(0, 1);

        Assert.Equal([1, 127], Codes(block, 0)[..2]);
    }

    [Fact]
    public void CodesPastTheEndOfARowAreZeroAfterEveryResize()
    {
        ActivationBlock block = Blocks.Of(100, [.. Enumerable.Repeat(1f, 300)]);
        Assert.Equal(127 * 100, *block.SumsOf(2));

        block.Resize(2, 70);
        block.Values.Fill(-1);
        block.Quantize(0, 2);

        Assert.Equal(-127 * 70, *block.SumsOf(1));
        for (int row = 0; row < 2; row++)
            Assert.All(Codes(block, row)[70..], code => Assert.Equal(0, code));
    }

    [Fact]
    public void AFormThatTheBlockLacksIsRefused()
    {
        var codes = new ActivationBlock(1, 2, ActivationForms.Int8);
        codes.SetRow(0, [1, 2]);
        Assert.Throws<InvalidOperationException>(() => codes.Values.Length);
        Assert.Throws<InvalidOperationException>(() => codes.Quantize(0, 1));
        Assert.Throws<InvalidOperationException>(() => new ActivationBlock(1, 2, ActivationForms.Float32).Quantize(0, 1));
    }

    [Fact]
    public void ShapesThatAreNotShapesAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(1, 2).Resize(1, -2));
        Assert.Throws<OverflowException>(() => new ActivationBlock(1 << 16, 1 << 16));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(1, 2).SetRow(1, [1, 2]));
        Assert.Throws<ArgumentException>(() => new ActivationBlock(1, 2).SetRow(0, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(1, 2).Quantize(0, 2));
    }

    [Fact]
    public void ABlockThatCannotGrowKeepsItsShape()
    {
        ActivationBlock block = Blocks.Of(2, 1, 2);
        Assert.Throws<OverflowException>(() => block.Resize(100_000_000, 64, ActivationForms.Int8));
        Assert.Equal((1, 2), (block.Rows, block.Columns));
    }

    private static int[] Codes(ActivationBlock block, int row) =>
        [.. new ReadOnlySpan<sbyte>(block.CodesOf(row), block.CodeStride).ToArray().Select(code => (int)code)];
}
