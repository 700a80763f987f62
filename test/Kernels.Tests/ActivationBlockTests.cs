// Blocks are reused between layers and calls; stale int8 codes would be the bug.
namespace Microsoft.ML.Ternary.Kernels.Tests;

public class ActivationBlockTests
{
    [Fact]
    public void CodesFollowTheValuesWrittenLast()
    {
        var block = new ActivationBlock(1, 2);
        new[] { 127f, -1f }.CopyTo(block.Write());
        Assert.Equal([127, -1], block.Codes[..2].ToArray().Select(code => (int)code));

        new[] { 2f, 127f }.CopyTo(block.Write());
        Assert.Equal([2, 127], block.Codes[..2].ToArray().Select(code => (int)code));
        Assert.Equal([129], block.CodeSums.ToArray());
        Assert.Equal([1f], block.CodeScales.ToArray());
    }

    [Fact]
    public void CodesPastTheEndOfARowAreZeroAfterEveryResize()
    {
        var block = new ActivationBlock(3, 100);
        block.Write().Fill(1);
        Assert.Equal(127 * 100, block.CodeSums[2]);

        block.Resize(2, 70);
        block.Write().Fill(-1);

        Assert.Equal(-127 * 70, block.CodeSums[1]);
        for (int row = 0; row < 2; row++)
            Assert.All(block.Codes.Slice(row * block.CodeStride + 70, block.CodeStride - 70).ToArray(), code => Assert.Equal(0, code));
    }

    [Fact]
    public void ShapesThatAreNotShapesAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationBlock(1, 2).Resize(1, -2));
        Assert.Throws<OverflowException>(() => new ActivationBlock(1 << 16, 1 << 16));
    }
}
