using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public class ImageEncoderTests
{
    public static TheoryData<string> Folders => ["vit", "vit-classifier", "deit", "clip-vision", "dinov2"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void LastHiddenStatesAgreeWithTransformers(string folder)
    {
        EncodedImages expected = GoldenImages.Expected(folder);
        VectorAssert.Close(expected.States(), LastStates(folder, expected), 1e-4f, folder);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("dinov2")]
    public void ImagesOfAnotherResolutionAgreeWithTransformers(string folder)
    {
        EncodedImages expected = GoldenImages.Expected(folder).Interpolated!;
        VectorAssert.Close(expected.States(), LastStates(folder, expected), 1e-4f, folder);
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("deit")]
    [InlineData("dinov2")]
    public void PoolerOutputsAgreeWithTransformers(string folder)
    {
        EncodedImages expected = GoldenImages.Expected(folder);
        VectorAssert.Close([.. expected.PoolerOutput!.SelectMany(row => row)], Embed(Load(folder, ImagePooling.Pooler), expected.Images()), 1e-4f, folder);
    }

    [Fact]
    public void ImageEmbeddingsOfClipAgreeWithTransformers()
    {
        EncodedImages expected = GoldenImages.Expected("clip-vision");
        ImageEmbeddingModel model = Load("clip-vision");
        Assert.Equal(16, model.Dimension);
        VectorAssert.Close([.. expected.ImageEmbeds!.SelectMany(row => row)], Embed(model, expected.Images()), 1e-4f);
    }

    [Fact]
    public void TheMeanIsThatOfThePatches()
    {
        EncodedImages expected = GoldenImages.Expected("deit");
        float[] mean = [.. Enumerable.Range(0, 32).Select(c => expected.LastHiddenState[1].Skip(2).Average(token => token[c]))];
        VectorAssert.Close(mean, Embed(Load("deit", ImagePooling.Mean), expected.Images()).AsSpan(32, 32), 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void ImagesOfOneBatchDoNotSeeEachOther(string folder)
    {
        ImageEmbeddingModel model = ModelTernarizer.Ternarize(Load(folder), TernaryScaling.PerRow());
        PixelValues[] images = MixedSizes();
        float[] together = Embed(model, images);
        for (int i = 0; i < images.Length; i++)
            Assert.Equal(Embed(model, [images[i]]), together.AsSpan(i * model.Dimension, model.Dimension).ToArray());
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void ThreadsThatShareABatchGiveTheBitsOfOneThread(string folder)
    {
        ImageEmbeddingModel model = ModelTernarizer.Ternarize(Load(folder), TernaryScaling.PerRow());
        float[] expected = Embed(model, MixedSizes());
        ImageEncoderOptions options = new() { MaxThreads = 3, WorthwhileProducts = 1, SharingTolerance = double.PositiveInfinity, Pool = new WorkerPool(2) };
        Assert.Equal(expected, Embed(model, MixedSizes(), options));
        Assert.Equal(expected, Embed(model, MixedSizes(), options with { BatchTokens = 8 }));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void PackedWeightsEmbedAsTheirValuesInFullPrecisionDo(string folder)
    {
        ImageEmbeddingModel model = ModelTernarizer.Ternarize(Load(folder), TernaryScaling.PerRow(), digits: TernaryDigits.FeedForwardTwo);
        ImageEmbeddingModel dense = model.With(model.Weights with
        {
            Layers = [.. model.Weights.Layers.Select(layer => layer.MapLinears((_, weights) => ((TernaryLinearWeights)weights).ToDense()))],
        });
        float[] expected = Embed(dense, MixedSizes()), actual = Embed(model, MixedSizes());
        for (int i = 0; i < expected.Length; i += model.Dimension)
            VectorAssert.Similar(expected.AsSpan(i, model.Dimension), actual.AsSpan(i, model.Dimension), 0.98f, $"{folder}, image {i / model.Dimension}");
    }

    [Fact]
    public void PicturesOfAnySizeEmbed()
    {
        using ImageEncoder encoder = new(Load("vit"));
        ImagePixels[] pictures =
        [
            GoldenImages.Picture("pattern.png"), GoldenImages.Picture("grey.png"), GoldenImages.Picture("alpha.png"),
            new(1, 1, PixelLayout.Rgb, new byte[] { 200, 100, 50 }), new(3000, 2000, PixelLayout.Grey, new byte[6_000_000]),
        ];
        float[] embeddings = new float[pictures.Length * encoder.Dimension];
        encoder.Embed(pictures, embeddings);
        Assert.All(embeddings, value => Assert.True(float.IsFinite(value)));
        for (int i = 0; i < pictures.Length; i++)
            Assert.Equal(encoder.Embed(pictures[i]), embeddings.AsSpan(i * encoder.Dimension, encoder.Dimension).ToArray());
    }

    [Fact]
    public void OnlyTheFirstComponentsAreKeptWhereTheOptionsSaySo()
    {
        PixelValues[] images = GoldenImages.Expected("vit").Images();
        float[] all = Embed(Load("vit"), images);
        Assert.Equal([.. all[..5], .. all[32..37]], Embed(Load("vit"), images, new ImageEncoderOptions { Dimension = 5 }));
    }

    [Fact]
    public void AnImageSmallerThanAPatchIsRefused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Embed(Load("vit"), [new PixelValues(new float[3 * 24 * 7], 24, 7)]));
        Assert.Contains("Image 0 is 7 x 24 pixels, smaller than a patch of 8 x 8", error.Message);
    }

    [Fact]
    public void AGpuIsRefusedUnlessTheCpuMayStandIn()
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => new ImageEncoder(Load("vit"), new ImageEncoderOptions { GpuDeviceId = 0 }));
        Assert.Contains("set FallbackToCpu", error.Message);
        using ImageEncoder encoder = new(Load("vit"), new ImageEncoderOptions { GpuDeviceId = 0, FallbackToCpu = true });
        Assert.Contains("do not run on a GPU yet", encoder.DeviceFallbackReason);
    }

    [Fact]
    public void OptionsOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ImageEncoder(Load("vit"), new ImageEncoderOptions { Dimension = 33 }));
        Assert.Throws<ArgumentException>(() => new ImageEncoder(Load("vit"), new ImageEncoderOptions { MaxThreads = 0 }));
        using ImageEncoder encoder = new(Load("vit"));
        Assert.Throws<ArgumentException>(() => encoder.Embed([new ImagePixels(1, 1, PixelLayout.Grey, new byte[1])], new float[31]));
    }

    private static ImageEmbeddingModel Load(string folder, ImagePooling pooling = ImagePooling.Default) =>
        HuggingFaceImageFolder.Load(TestPaths.Tiny(folder), pooling);

    // CLIP's last hidden state is the residual stream; its last norm belongs to the image embedding.
    private static float[] LastStates(string folder, EncodedImages images)
    {
        ImageEmbeddingModel model = Load(folder);
        float[][] states = TransformerEncoder.Create(model).HiddenStates(new ImageBatch(images.Images(), model.Config.PatchSize, model.Config.PrefixTokens));
        return folder == "clip-vision" ? states[^2] : states[^1];
    }

    private static PixelValues[] MixedSizes()
    {
        Random random = new(5);
        (int Height, int Width)[] sizes = [(24, 24), (32, 8), (9, 40), (24, 24), (70, 31)];
        return [.. sizes.Select(size => new PixelValues(
            Enumerable.Range(0, 3 * size.Height * size.Width).Select(_ => random.NextSingle() * 2 - 1).ToArray(), size.Height, size.Width))];
    }

    private static float[] Embed(ImageEmbeddingModel model, PixelValues[] images, ImageEncoderOptions? options = null)
    {
        using ImageEncoder encoder = new(model, options ?? new ImageEncoderOptions { MaxThreads = 1 });
        float[] embeddings = new float[images.Length * encoder.Dimension];
        encoder.Embed(images, embeddings);
        return embeddings;
    }
}
