// Images in a pipeline: whatever form they come in, the same embeddings; errors that name row and file.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;
using Microsoft.ML.Ternary.Tests.Encoders;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class TernaryImageEmbeddingTests
{
    private static readonly string[] Pictures = ["pattern.png", "grey.png", "alpha.png"];

    private static readonly ImageEmbeddingModel Model =
        ModelTernarizer.Ternarize(HuggingFaceImageFolder.Load(TestPaths.Tiny("vit")), TernaryScaling.PerRow());

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void PathsEmbedInOrderOnAnyWindow()
    {
        IDataView rows = Paths(Enumerable.Range(0, 150).Select(i => GoldenImages.File(Pictures[i % 3])));
        foreach (int window in new[] { 1, 7, 128 })
        {
            float[][] embeddings = Embeddings(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model, new() { LookAheadRows = window }).Fit(rows).Transform(rows));
            Assert.Equal(150, embeddings.Length);
            for (int i = 0; i < embeddings.Length; i++)
                Assert.Equal(Expected(Pictures[i % 3]), embeddings[i]);
        }
    }

    [Fact]
    public void ImagesOfALoaderEmbedAsTheirFilesDoWithTheImageOrWithout()
    {
        IDataView rows = Paths(Pictures.Select(GoldenImages.File));
        IDataView view = _ml.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "Path")
            .Append(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Image", Model)).Fit(rows).Transform(rows);
        Assert.Equal(Pictures.Select(Expected), Embeddings(view));
        List<float[]> beside = [];
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        ValueGetter<VBuffer<float>> embedding = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        ValueGetter<MLImage> image = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        VBuffer<float> vector = default;
        MLImage? picture = null;
        while (cursor.MoveNext())
        {
            embedding(ref vector);
            image(ref picture!);
            Assert.Equal(53, picture.Width);
            beside.Add([.. vector.DenseValues()]);
        }
        Assert.Equal(Pictures.Select(Expected), beside);
    }

    [Fact]
    public void VectorsOfPixelsEmbedAsImagesDo()
    {
        using ImageEncoder encoder = new(Model);
        byte[] pixels = [.. Enumerable.Range(0, 4 * 3 * 3).Select(i => (byte)(i * 7))];
        float[] expected = encoder.Embed(new ImagePixels(4, 3, PixelLayout.Rgb, pixels));
        IDataView rows = _ml.Data.LoadFromEnumerable([new PixelRow { Bytes = pixels, Singles = [.. pixels.Select(value => (float)value)] }]);
        TernaryImageEmbeddingOptions options = new() { PixelWidth = 4, PixelHeight = 3, PixelLayout = PixelLayout.Rgb };
        foreach (string column in new[] { "Bytes", "Singles" })
            Assert.Equal([expected], Embeddings(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", column, Model, options).Fit(rows).Transform(rows)));
    }

    [Fact]
    public void AVectorThatIsNoImageOfThatSizeIsRefused()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new PixelRow()]);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Bytes", Model).Fit(rows));
        Assert.Contains("set PixelWidth", error.Message);
        error = Assert.Throws<InvalidOperationException>(() =>
            _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Bytes", Model, new() { PixelWidth = 6, PixelHeight = 3, PixelLayout = PixelLayout.Grey }).Fit(rows));
        Assert.Contains("has 36 values; an image of 6 x 3 pixels in Grey has 18", error.Message);
    }

    [Theory]
    [InlineData("damaged.png", "damaged")]
    [InlineData("text.png", "damaged")]
    [InlineData("empty.png", "empty")]
    [InlineData("absent.png", "absent.png")]
    public void AFileThatCannotBeReadIsNamedWithItsRow(string name, string problem)
    {
        using TestFolder folder = Damaged();
        IDataView rows = Paths([GoldenImages.File("pattern.png"), folder.File(name)]);
        IDataView view = _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model).Fit(rows).Transform(rows);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Embeddings(view));
        Assert.Contains("Row 1", error.Message);
        Assert.Contains(folder.File(name), error.Message);
        Assert.Contains(problem, error.Message);
        Assert.Contains("MissingForUnreadable", error.Message);
    }

    [Fact]
    public void WhatCannotBeReadIsMissingWhereThatIsWanted()
    {
        using TestFolder folder = Damaged();
        IDataView rows = Paths([folder.File("damaged.png"), GoldenImages.File("grey.png"), "", folder.File("absent.png"), GoldenImages.File("pattern.png")]);
        float[][] embeddings = Embeddings(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model, new() { MissingForUnreadable = true }).Fit(rows).Transform(rows));
        foreach (int missing in new[] { 0, 2, 3 })
            Assert.All(embeddings[missing], value => Assert.True(float.IsNaN(value)));
        Assert.Equal(Expected("grey.png"), embeddings[1]);
        Assert.Equal(Expected("pattern.png"), embeddings[4]);
    }

    [Fact]
    public void ADamagedFileThatALoaderReadsIsNamedByItsRow()
    {
        using TestFolder folder = Damaged();
        IDataView rows = Paths([GoldenImages.File("pattern.png"), folder.File("damaged.png")]);
        IDataView Transform(bool missing) => _ml.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "Path")
            .Append(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Image", Model, new() { MissingForUnreadable = missing })).Fit(rows).Transform(rows);
        Assert.Contains("Row 1", Assert.Throws<InvalidOperationException>(() => Embeddings(Transform(missing: false))).Message);
        Assert.True(float.IsNaN(Embeddings(Transform(missing: true))[1][0]));
    }

    [Fact]
    public void ASavedPipelinePredictsTheSame()
    {
        using TestFolder folder = new();
        IDataView rows = Paths(Pictures.Select(GoldenImages.File));
        ITransformer fitted = _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model, new() { Dimension = 10, MissingForUnreadable = true }).Fit(rows);
        _ml.Model.Save(fitted, rows.Schema, folder.File("m.zip"));
        MLContext other = new();
        ITransformer loaded = other.Model.Load(folder.File("m.zip"), out _);
        Assert.Equal(Embeddings(fitted.Transform(rows)), Embeddings(loaded.Transform(rows)));
        Assert.Equal(10, Embeddings(loaded.Transform(rows))[0].Length);
        using PredictionEngine<PathRow, ImagePrediction> engine = other.Model.CreatePredictionEngine<PathRow, ImagePrediction>(loaded);
        foreach (string picture in Pictures)
            Assert.Equal(Expected(picture)[..10], engine.Predict(new PathRow { Path = GoldenImages.File(picture) }).Embedding);
        Assert.True(float.IsNaN(engine.Predict(new PathRow { Path = "no such file" }).Embedding[0]));
    }

    [Fact]
    public void TheModelIsSavedAsAFileOfItsOwn()
    {
        using TestFolder folder = new();
        IDataView rows = Paths([GoldenImages.File("pattern.png")]);
        _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model).Fit(rows).SaveModel(folder.File("vit.ternary"));
        Assert.Equal([Expected("pattern.png")], Embeddings(_ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", folder.File("vit.ternary")).Fit(rows).Transform(rows)));
    }

    [Fact]
    public void SchemasAndTheirShapesRefuseTheSame()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new PixelRow()]);
        TernaryImageEmbeddingEstimator estimator = _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Number", Model);
        Assert.Throws<ArgumentOutOfRangeException>(() => estimator.Fit(rows));
        Assert.Throws<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(MlNet.Shape(rows.Schema)));
        SchemaShape shape = _ml.Transforms.ApplyTernaryImageEmbedding("Embedding", "Bytes", Model).GetOutputSchema(MlNet.Shape(rows.Schema));
        Assert.Contains(shape, column => column.Name == "Embedding");
    }

    [Fact]
    public void AGpuIsRefusedUnlessTheCpuMayStandIn()
    {
        MLContext gpu = new() { GpuDeviceId = 0 };
        Assert.Contains("do not run on a GPU yet", Assert.Throws<InvalidOperationException>(() => gpu.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model)).Message);
        Assert.NotNull(gpu.Transforms.ApplyTernaryImageEmbedding("Embedding", "Path", Model, new() { FallbackToCpu = true }));
    }

    private static float[] Expected(string picture)
    {
        using ImageEncoder encoder = new(Model);
        return encoder.Embed(GoldenImages.Picture(picture));
    }

    private static TestFolder Damaged()
    {
        TestFolder folder = new();
        byte[] picture = File.ReadAllBytes(GoldenImages.File("pattern.png"));
        File.WriteAllBytes(folder.File("damaged.png"), picture[..20]);
        File.WriteAllText(folder.File("text.png"), "no picture");
        File.WriteAllBytes(folder.File("empty.png"), []);
        return folder;
    }

    private IDataView Paths(IEnumerable<string> paths) => _ml.Data.LoadFromEnumerable(paths.Select(path => new PathRow { Path = path }));

    private static float[][] Embeddings(IDataView view) => [.. view.GetColumn<float[]>("Embedding")];

    private sealed class PathRow
    {
        public string Path { get; set; } = "";
    }

    private sealed class PixelRow
    {
        [VectorType(36)]
        public byte[] Bytes { get; set; } = new byte[36];

        [VectorType(36)]
        public float[] Singles { get; set; } = new float[36];

        public float Number { get; set; }
    }

    private sealed class ImagePrediction
    {
        public float[] Embedding { get; set; } = [];
    }
}
