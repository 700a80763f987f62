// A checksum that is wrong in the same way when it is written and when it is read would find damage, but be no CRC-32C: known
// values pin it, and the three chains must give what one gives.
namespace Microsoft.ML.Ternary.Kernels.Tests;

public class Crc32CTests
{
    [Fact]
    public void ItGivesThePublishedValues()
    {
        // The check value of the catalogue of parametrised CRC algorithms, and RFC 3720, appendix B.4.
        Assert.Equal(0u, Crc32C.Append(0, []));
        Assert.Equal(0xE3069283u, Crc32C.Append(0, "123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Append(0, new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Append(0, Enumerable.Repeat((byte)255, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Append(0, Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
    }

    [Theory]
    [InlineData(6143)]
    [InlineData(6144)]
    [InlineData(6145)]
    [InlineData(12288)]
    [InlineData(50_001)]
    public void ThreeChainsGiveWhatOneGives(int length)
    {
        byte[] bytes = new byte[length + 3];
        new Random(length).NextBytes(bytes);
        foreach (int start in new[] { 0, 1, 3 })
        {
            ReadOnlySpan<byte> part = bytes.AsSpan(start, length);
            Assert.Equal(~Crc32C.AppendOne(~77u, part), Crc32C.Append(77u, part));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6144)]
    [InlineData(9999)]
    public void PiecesGiveWhatTheWholeGives(int cut)
    {
        byte[] bytes = new byte[20_000];
        new Random(1).NextBytes(bytes);
        Assert.Equal(Crc32C.Append(0, bytes), Crc32C.Append(Crc32C.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    }
}
