// Image models in the stand-alone file.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Encoders;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class ImageModelFileTests
{
    [Theory]
    [InlineData("vit", true)]
    [InlineData("deit", true)]
    [InlineData("clip-vision", true)]
    [InlineData("dinov2", false)]
    public void A_model_comes_back_whole(string name, bool ternary)
    {
        using TestFolder folder = new();
        ImageEmbeddingModel model = HuggingFaceImageFolder.Load(TestPaths.Tiny(name));
        if (ternary)
            model = ModelTernarizer.Ternarize(model, TernaryScaling.PerRow(), ["*.self.key"], TernaryDigits.FeedForwardTwo);
        TernaryModelFile.Save(model, folder.File("m.ternary"), TernaryModelFileOptions.Exact);
        ImageEmbeddingModel stored = EmbeddingModelFile.LoadImageModel(folder.File("m.ternary"));
        Assert.Equal(model.Config, stored.Config);
        Assert.Equal(model.Processor with { Mean = [], StandardDeviation = [] }, stored.Processor with { Mean = [], StandardDeviation = [] });
        Assert.Equal(model.Processor.Mean, stored.Processor.Mean);
        Assert.Equal(model.Processor.StandardDeviation, stored.Processor.StandardDeviation);
        Assert.Equal(model.Provenance, stored.Provenance);
        Assert.Equal(Embed(model), Embed(stored));
        Assert.Equal(new FileInfo(folder.File("m.ternary")).Length, TernaryModelFile.Accounting(model, TernaryModelFileOptions.Exact).TotalBytes);
    }

    [Fact]
    public void Rounded_to_half_precision_a_model_embeds_nearly_the_same()
    {
        ImageEmbeddingModel model = HuggingFaceImageFolder.Load(TestPaths.Tiny("vit"));
        VectorAssert.Similar(Embed(model), Embed(TernaryModelFile.AsStored(model)), 0.999f);
    }

    [Fact]
    public void Readers_of_text_alone_are_told_by_the_version()
    {
        using MemoryStream stream = new();
        TernaryModelFile.Save(HuggingFaceImageFolder.Load(TestPaths.Tiny("vit")), stream);
        Assert.Equal("2", SafetensorsFile.FromMemory(stream.ToArray(), "file").Metadata["version"]);
    }

    [Fact]
    public void Each_kind_of_file_says_how_the_other_is_loaded()
    {
        using TestFolder folder = new();
        TernaryModelFile.Save(HuggingFaceImageFolder.Load(TestPaths.Tiny("vit")), folder.File("image"));
        TernaryModelFile.Save(TestModels.Tiny(), folder.File("text"));
        Assert.Contains("LoadImageModel", Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(folder.File("image"))).Message);
        Assert.Contains("holds a text model", Assert.Throws<CheckpointException>(() => TernaryModelFile.LoadImageModel(folder.File("text"))).Message);
    }

    private static float[] Embed(ImageEmbeddingModel model)
    {
        using ImageEncoder encoder = new(model);
        return encoder.Embed(GoldenImages.Picture("pattern.png"));
    }
}
