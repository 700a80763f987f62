// The alignment is what the buffer is for, and growth must not hand out memory that is too short or dirty.
using Microsoft.ML.Ternary.Kernels.Cpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Cpu;

public unsafe class AlignedBufferTests
{
    [Fact]
    public void MemoryBeginsOnACacheLineAndIsZeroHoweverItGrows()
    {
        var buffer = new AlignedBuffer<short>();
        foreach (int length in new[] { 1, 31, 32, 33, 1000, 1001, 5000 })
        {
            int before = buffer.Length;
            buffer.Grow(length);
            Assert.True(buffer.Length >= length);
            Assert.Equal(0, (nint)buffer.Pointer % 64);
            Assert.Equal(buffer.Length, buffer.Span.Length);
            if (buffer.Length != before)
                Assert.True(buffer.Span.IndexOfAnyExcept((short)0) < 0);
            buffer.Span.Fill(-1);
            Assert.Equal(-1, buffer.Pointer[length - 1]);
        }
    }

    [Fact]
    public void MemoryThatIsLargeEnoughStays()
    {
        var buffer = new AlignedBuffer<float>(100);
        float* pointer = buffer.Pointer;
        buffer.Grow(100);
        buffer.Grow(7);
        Assert.True(pointer == buffer.Pointer);
        Assert.Equal(100, buffer.Length);
    }
}
