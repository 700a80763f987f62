// Exact values follow from the filters' definition.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class ImageResizerTests
{
    public static TheoryData<ResampleFilter> Filters => [.. Enum.GetValues<ResampleFilter>()];

    [Theory]
    [InlineData(ResampleFilter.Nearest, new byte[] { 0, 100 })]
    [InlineData(ResampleFilter.Box, new byte[] { 50, 150 })]
    // Weights 1 3 3 1, the one beyond the border left out: (3 x 0 + 3 x 100 + 1 x 100) / 7 and (1 x 100 + 3 x 100 + 3 x 200) / 7.
    [InlineData(ResampleFilter.Bilinear, new byte[] { 57, 143 })]
    public void ALineIsHalved(ResampleFilter filter, byte[] expected)
    {
        byte[] line = filter == ResampleFilter.Nearest ? [255, 0, 255, 100] : [0, 100, 100, 200];
        Assert.Equal(expected, ImageResizer.Resize(line, 4, 1, 1, 2, 1, filter));
        Assert.Equal(expected, ImageResizer.Resize(line, 1, 4, 1, 1, 2, filter));
    }

    [Fact]
    public void ALineIsDoubled()
    {
        byte[] line = [0, 100];
        Assert.Equal([0, 0, 100, 100], ImageResizer.Resize(line, 2, 1, 1, 4, 1, ResampleFilter.Nearest));
        Assert.Equal([0, 25, 75, 100], ImageResizer.Resize(line, 2, 1, 1, 4, 1, ResampleFilter.Bilinear));
        Assert.Equal([0, 0, 100, 100], ImageResizer.Resize(line, 2, 1, 1, 4, 1, ResampleFilter.Box));
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void OneColourStaysThatColour(ResampleFilter filter)
    {
        byte[] image = [.. Enumerable.Repeat(new byte[] { 0, 77, 255 }, 13 * 9).SelectMany(pixel => pixel)];
        foreach ((int width, int height) in new[] { (13, 9), (5, 30), (1, 1), (40, 2) })
            Assert.Equal(Enumerable.Repeat(new byte[] { 0, 77, 255 }, width * height).SelectMany(pixel => pixel), ImageResizer.Resize(image, 13, 9, 3, width, height, filter));
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void ChannelsDoNotMix(ResampleFilter filter)
    {
        Random random = new(3);
        byte[] image = new byte[11 * 8 * 4];
        random.NextBytes(image);
        byte[] together = ImageResizer.Resize(image, 11, 8, 4, 6, 17, filter);
        for (int channel = 0; channel < 4; channel++)
        {
            byte[] plane = [.. image.Where((_, i) => i % 4 == channel)];
            Assert.Equal(ImageResizer.Resize(plane, 11, 8, 1, 6, 17, filter), together.Where((_, i) => i % 4 == channel));
        }
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void AnImageOfTheSameSizeIsACopy(ResampleFilter filter)
    {
        byte[] image = [1, 2, 3, 250, 5, 6];
        byte[] copy = ImageResizer.Resize(image, 3, 2, 1, 3, 2, filter);
        Assert.Equal(image, copy);
        Assert.NotSame(image, copy);
    }

    [Fact]
    public void CubicWeightsOvershootAndAreCutOff()
    {
        byte[] edge = [0, 0, 255, 255];
        byte[] wide = ImageResizer.Resize(edge, 4, 1, 1, 8, 1, ResampleFilter.Bicubic);
        Assert.Equal(0, wide[2]);
        Assert.Equal(255, wide[5]);
        Assert.Equal(255, wide[3] + wide[4]);
    }

    [Fact]
    public void BytesThatDoNotFitTheShapeAreRefused() =>
        Assert.Throws<ArgumentException>(() => ImageResizer.Resize(new byte[5], 2, 1, 3, 1, 1, ResampleFilter.Box));
}
