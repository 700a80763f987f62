// Frames that the lz4 program wrote, and what becomes of damaged ones.
using System.Text;
using Samples.Common.Corpus;

namespace Samples.Tests;

public class Lz4FrameTests
{
    // printf 'the quick brown fox, ... dog dog' | lz4 -c | base64
    private const string Repetitive = "BCJNGGRApzoAAAD/BnRoZSBxdWljayBicm93biBmb3gsIBUAFbEganVtcHMgb3ZlcjQAj2xhenkgZG9nBAAEUGcgZG9nAAAAAL49qec=";
    private const string RepetitiveText = "the quick brown fox, the quick brown fox, the quick brown fox jumps over the lazy dog dog dog dog dog dog dog dog";

    // lz4 -c --content-size of a file that holds abc: a block that is stored as it is, and a header with the size.
    private const string Stored = "BCJNGGxAAwAAAAAAAAApAwAAgGFiYwAAAAD/U9Ey";

    [Theory]
    [InlineData(Repetitive, RepetitiveText)]
    [InlineData(Stored, "abc")]
    public void WhatTheProgramPackedIsUnpacked(string packed, string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(Lz4Frame.Decompress(Convert.FromBase64String(packed))));

    [Fact]
    public void FramesInARowAreJoined() =>
        Assert.Equal("abcabc", Encoding.UTF8.GetString(Lz4Frame.Decompress([.. Convert.FromBase64String(Stored), .. Convert.FromBase64String(Stored)])));

    [Fact]
    public void DamageIsReportedAndNotReadPast()
    {
        byte[] packed = Convert.FromBase64String(Repetitive);
        for (int length = 1; length < packed.Length; length++)
            Assert.Throws<InvalidDataException>(() => Lz4Frame.Decompress(packed.AsSpan(0, length)));
        packed[0]++;
        Assert.Throws<InvalidDataException>(() => Lz4Frame.Decompress(packed));
    }
}
