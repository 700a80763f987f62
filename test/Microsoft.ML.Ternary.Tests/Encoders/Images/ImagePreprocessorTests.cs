using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class ImagePreprocessorTests
{
    private static readonly ImageProcessorConfig Raw = new() { Resize = false, RescaleFactor = 1 };

    [Theory]
    [InlineData("vit")]
    [InlineData("clip")]
    [InlineData("deit")]
    public void PixelValuesAgreeWithTransformersToAGreyLevel(string processor)
    {
        ImageProcessorConfig config = HuggingFaceImageProcessor.Read(JsonFile.Read(GoldenImages.File(processor + ".preprocessor_config.json")));
        foreach (ProcessedImage expected in GoldenImages.Processed().Where(row => row.Processor == processor))
        {
            PixelValues values = new ImagePreprocessor(config).Prepare(GoldenImages.Picture(expected.Image));
            Assert.Equal<int>(expected.Shape, new[] { 3, values.Height, values.Width });
            int plane = values.Height * values.Width;
            for (int i = 0; i < expected.PixelValues.Length; i++)
            {
                double level = config.RescaleFactor / config.StandardDeviation[i / plane];
                Assert.Equal(expected.PixelValues[i], values.Values.Span[i], level * 1.01);
            }
        }
    }

    [Fact]
    public void GreyIsRepeatedAndAlphaIsDropped()
    {
        Assert.Equal([7, 9, 7, 9, 7, 9], Prepare(Raw, new(2, 1, PixelLayout.Grey, new byte[] { 7, 9 })));
        Assert.Equal([1, 2, 3], Prepare(Raw, new(1, 1, PixelLayout.Rgba, new byte[] { 1, 2, 3, 0 })));
        Assert.Equal([3, 2, 1], Prepare(Raw, new(1, 1, PixelLayout.Bgra, new byte[] { 1, 2, 3, 99 })));
        Assert.Equal([3, 2, 1], Prepare(Raw, new(1, 1, PixelLayout.Bgr, new byte[] { 1, 2, 3 })));
    }

    [Fact]
    public void ValuesAreRescaledAndNormalised()
    {
        ImageProcessorConfig config = Raw with { RescaleFactor = 0.5, Mean = [1, 2, 3], StandardDeviation = [1, 2, 4] };
        Assert.Equal([4, 1.5f, 0.5f], Prepare(config, new(1, 1, PixelLayout.Rgb, new byte[] { 10, 10, 10 })));
    }

    [Fact]
    public void TheMiddleIsKeptAndWhatIsMissingIsBlack()
    {
        ImagePixels row = new(5, 1, PixelLayout.Grey, new byte[] { 1, 2, 3, 4, 5 });
        Assert.Equal([2, 3], Prepare(Raw with { CropSize = (1, 2) }, row)[..2]);
        Assert.Equal([0, 0, 2, 3, 4, 0, 0, 0], [.. Prepare(Raw with { CropSize = (3, 3) }, row)[1..9]]);
        Assert.Equal([0, 0, 1, 2, 3, 4, 5, 0], Prepare(Raw with { CropSize = (1, 8) }, row)[..8]);
    }

    [Theory]
    [InlineData(30, 40, 15, 20)]
    [InlineData(40, 30, 20, 15)]
    [InlineData(53, 37, 21, 15)]
    [InlineData(1, 1, 15, 15)]
    [InlineData(1, 1000, 15, 15000)]
    public void TheShorterSideKeepsTheProportions(int height, int width, int newHeight, int newWidth) =>
        Assert.Equal((newHeight, newWidth), (Raw with { Resize = true, ShortestEdge = 15 }).SizeAfterResize(height, width));

    [Fact]
    public void TheLongerSideHasALimit() =>
        Assert.Equal((7, 30), (Raw with { Resize = true, ShortestEdge = 15, LongestEdge = 30 }).SizeAfterResize(20, 80));

    [Fact]
    public void AnImageTooNarrowToBeResizedIsRefused()
    {
        ImagePreprocessor preprocessor = new(Raw with { Resize = true, ShortestEdge = 224 });
        ArgumentException error = Assert.Throws<ArgumentException>(() => preprocessor.Prepare(new ImagePixels(1000, 1, PixelLayout.Grey, new byte[1000])));
        Assert.Contains("1000 x 1", error.Message);
    }

    [Fact]
    public void ColoursUnderAlphaAreThoseOfTheFile()
    {
        // The picture with alpha has the colours of the one without; decoded, they come multiplied by it.
        ImagePixels plain = GoldenImages.Picture("pattern.png"), alpha = GoldenImages.Picture("alpha.png");
        float[] expected = Prepare(Raw, plain), actual = Prepare(Raw, alpha);
        for (int i = 0; i < expected.Length; i++)
        {
            int a = alpha.Bytes.Span[i % (plain.Width * plain.Height) * 4 + 3];
            if (a > 0)
                Assert.Equal(expected[i], actual[i], 0.51 + 127.5 / a);
        }
    }

    private static float[] Prepare(ImageProcessorConfig config, ImagePixels image) => new ImagePreprocessor(config).Prepare(image).Values.ToArray();
}
