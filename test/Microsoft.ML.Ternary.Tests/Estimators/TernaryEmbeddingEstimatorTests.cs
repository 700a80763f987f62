// What the estimator refuses, and in which words; and that its announced schema is the one that comes out.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Tests.Estimators;

public sealed class TernaryEmbeddingEstimatorTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void TheAnnouncedShapeIsThatOfTheResult()
    {
        IDataView rows = TextRow.View(_ml, ["tok1"]);
        TernaryEmbeddingEstimator estimator = Estimator("Embedding", "Text");
        SchemaShape announced = estimator.GetOutputSchema(MlNet.Shape(rows.Schema));
        SchemaShape actual = MlNet.Shape(estimator.Fit(rows).Transform(rows).Schema);
        SchemaShape.Column expected = announced.Single(column => column.Name == "Embedding");
        SchemaShape.Column got = actual.Single(column => column.Name == "Embedding");
        Assert.Equal((got.Kind, got.ItemType, got.IsKey), (expected.Kind, expected.ItemType, expected.IsKey));
        Assert.Equal(got.Annotations.Select(column => column.Name), expected.Annotations.Select(column => column.Name));
        Assert.Equal(actual.Select(column => column.Name), announced.Select(column => column.Name));
    }

    [Fact]
    public void AMissingColumnIsNamed()
    {
        AssertRefused("Embedding", "Txt", "Txt");
    }

    [Theory]
    [InlineData("Number")]
    [InlineData("Words")]
    [InlineData("Vector")]
    public void AColumnThatIsNotScalarTextIsNamedWithItsType(string column)
    {
        AssertRefused("Embedding", column, column, "scalar text");
    }

    [Theory]
    [InlineData("Number")]
    [InlineData("Words")]
    public void AnOutputThatWouldHideAColumnOfAnotherKindIsRefused(string column)
    {
        AssertRefused(column, "Text", column, "already exists", "another output column name");
    }

    [Fact]
    public void AnOutputThatReplacesAVectorHidesItAsMlNetDoes()
    {
        IDataView rows = Others();
        TernaryEmbeddingEstimator estimator = Estimator("Vector", "Text");
        _ = estimator.GetOutputSchema(MlNet.Shape(rows.Schema));
        IDataView view = estimator.Fit(rows).Transform(rows);
        Assert.Equal(TinyModels.Normalized.Dimension, view.GetColumn<float[]>("Vector").Single().Length);
    }

    [Fact]
    public void NothingIsReadWhileFitting()
    {
        SpyView rows = new(TextRow.View(_ml, TinyModels.Texts(10)));
        _ = Estimator("Embedding", "Text").Fit(rows);
        Assert.Equal(0, rows.RowsRead);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void AnOutputWithoutANameIsRefused(string? name)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => Estimator(name!, "Text"));
        Assert.Contains("outputColumnName", error.Message);
        Assert.Contains("inputColumnName", Assert.ThrowsAny<ArgumentException>(() => Estimator("Embedding", " ")).Message);
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        AssertOption("LookAheadRows", new() { LookAheadRows = 0 });
        AssertOption("Dimension", new() { Dimension = TinyModels.Normalized.Dimension + 1 });
        AssertOption("Dimension", new() { Dimension = -1 });
        AssertOption("MaxLength", new() { MaxLength = 1 });
        AssertOption("MaxLength", new() { MaxLength = TinyModels.Normalized.Config.MaxPositions + 1 });
        AssertOption("MaxThreads", new() { MaxThreads = 0 });
        AssertOption("Prefix", new() { Prefix = null! });
    }

    [Fact]
    public void AModelThatIsNotThereIsNamed()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", "no-such-model.ternary"));
        Assert.Contains("no-such-model.ternary", error.Message);
        Assert.Throws<ArgumentException>(() => _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", " "));
        Assert.ThrowsAny<ArgumentNullException>(() => _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", (EmbeddingModel)null!));
    }

    [Fact]
    public void ADamagedModelFileIsRefusedWithItsName()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("damaged.ternary");
        TernaryModelFile.Save(TinyModels.Normalized, path);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^5] ^= 0x40;
        File.WriteAllBytes(path, bytes);
        CheckpointException error = Assert.Throws<CheckpointException>(() => _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", path));
        Assert.Contains("damaged.ternary", error.Message);
    }

    [Fact]
    public void AFolderInFullPrecisionMayBeNamedToo()
    {
        IDataView rows = TextRow.View(_ml, ["the cat", "a dog"]);
        ITransformer embedder = _ml.Transforms.Text.ApplyTernaryEmbedding("Embedding", "Text", TestPaths.Tiny("st-mean")).Fit(rows);
        Assert.All(embedder.Transform(rows).GetColumn<float[]>("Embedding"), vector => Assert.Equal(TinyModels.FullPrecision.Dimension, vector.Length));
    }

    private IDataView Others() => _ml.Data.LoadFromEnumerable([new OtherRow { Text = "tok1" }]);

    private TernaryEmbeddingEstimator Estimator(string output, string? input, TernaryEmbeddingOptions? options = null) =>
        _ml.Transforms.Text.ApplyTernaryEmbedding(output, input, TinyModels.Normalized, options);

    private void AssertOption(string name, TernaryEmbeddingOptions options) =>
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => Estimator("Embedding", "Text", options)).Message);

    // The same words wherever the mismatch is met: in the pipeline's schema, in Fit, and in a fitted transformer given other data.
    private void AssertRefused(string output, string input, params string[] words)
    {
        IDataView rows = Others(), good = TextRow.View(_ml, ["tok1"]);
        TernaryEmbeddingEstimator estimator = Estimator(output, input);
        TernaryEmbeddingTransformer fitted = estimator.Fit(_ml.Transforms.CopyColumns(input, "Text").Fit(good).Transform(good));
        Action[] ways =
        [
            () => estimator.GetOutputSchema(MlNet.Shape(rows.Schema)),
            () => estimator.Fit(rows),
            () => fitted.Transform(rows),
            () => fitted.GetOutputSchema(rows.Schema),
        ];
        foreach (Action way in ways)
        {
            string message = Assert.Throws<ArgumentOutOfRangeException>(way).Message;
            Assert.All(words, word => Assert.Contains(word, message));
        }
    }
}
