// The front door: everything this package adds to an MLContext, as extension methods on the catalogs where ML.NET's users
// look for it.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML;

/// <summary>Ternary embedding models and nearest-neighbour search in ML.NET pipelines.</summary>
public static class TernaryCatalog
{
    /// <summary>Embeds a text column with a saved model.</summary>
    /// <param name="catalog">The text transforms of an MLContext.</param>
    /// <param name="outputColumnName">Name of the vector column that is added.</param>
    /// <param name="inputColumnName">Name of the text column; null takes <paramref name="outputColumnName"/>, whose text the
    /// vectors then replace.</param>
    /// <param name="modelPath">A ternary model file, or a sentence-transformers folder to embed with in full precision. It is
    /// read now; a saved pipeline holds the model itself, not the path.</param>
    /// <param name="options">Dimension, prefix and so on; null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is absent, damaged, of a newer version or of a kind that is not supported.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <example><code><![CDATA[
    /// var pipeline = ml.Transforms.Text.ApplyTernaryEmbedding("Features", "Text", "all-MiniLM-L6-v2.ternary")
    ///     .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
    /// ]]></code></example>
    public static TernaryEmbeddingEstimator ApplyTernaryEmbedding(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        string modelPath,
        TernaryEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return new TernaryEmbeddingEstimator(
            catalog.GetEnvironment(), outputColumnName, inputColumnName, EmbeddingModelFile.Load(modelPath), options);
    }

    /// <summary>Embeds a text column with a model that is loaded already.</summary>
    /// <param name="catalog">The text transforms of an MLContext.</param>
    /// <param name="outputColumnName">Name of the vector column that is added.</param>
    /// <param name="inputColumnName">Name of the text column; null takes <paramref name="outputColumnName"/>, whose text the
    /// vectors then replace.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Dimension, prefix and so on; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TernaryEmbeddingEstimator ApplyTernaryEmbedding(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        EmbeddingModel model,
        TernaryEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new TernaryEmbeddingEstimator(catalog.GetEnvironment(), outputColumnName, inputColumnName, model, options);
    }

    /// <summary>Distils an embedding model into its own ternary copy on the rows of a text column, and embeds with it.</summary>
    /// <param name="catalog">The text transforms of an MLContext.</param>
    /// <param name="outputColumnName">Name of the vector column that is added.</param>
    /// <param name="inputColumnName">Name of the text column; null takes <paramref name="outputColumnName"/>, whose text the
    /// vectors then replace.</param>
    /// <param name="options">The teacher, and how it is distilled.</param>
    /// <exception cref="CheckpointException">The teacher is absent, damaged or of a kind that is not supported.</exception>
    /// <exception cref="ArgumentException">No teacher is named, or an option is out of range.</exception>
    /// <example><code><![CDATA[
    /// TernaryEmbeddingTransformer embed = ml.Transforms.Text
    ///     .DistillTernaryEmbedding("Embedding", "Text", new() { Teacher = "samples/models/all-MiniLM-L6-v2" })
    ///     .Fit(unlabelledText);
    /// embed.SaveModel("all-MiniLM-L6-v2.ternary");
    /// ]]></code></example>
    public static TernaryDistillEstimator DistillTernaryEmbedding(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        TernaryDistillOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new TernaryDistillEstimator(catalog.GetEnvironment(), outputColumnName, inputColumnName, options);
    }

    /// <summary>Embeds a column of images with a saved model.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Name of the vector column that is added.</param>
    /// <param name="inputColumnName">Name of the column of images: <see cref="MLImage"/>, paths of image files, or vectors of pixels,
    /// for which the options say width, height and layout; null takes <paramref name="outputColumnName"/>.</param>
    /// <param name="modelPath">A ternary model file of an image model, or a Hugging Face folder of a vision transformer to embed with in
    /// full precision. It is read now; a saved pipeline holds the model itself, not the path.</param>
    /// <param name="options">Dimension, what becomes of damaged images and so on; null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is absent, damaged, of a newer version or of a kind that is not supported.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for, on which image models do not run yet.</exception>
    /// <example><code><![CDATA[
    /// var pipeline = ml.Transforms.ApplyTernaryImageEmbedding("Features", "ImagePath", "vit.ternary")
    ///     .Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
    /// ]]></code></example>
    public static TernaryImageEmbeddingEstimator ApplyTernaryImageEmbedding(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        string modelPath,
        TernaryImageEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrWhiteSpace(modelPath);
        return new TernaryImageEmbeddingEstimator(
            catalog.GetEnvironment(), outputColumnName, inputColumnName, EmbeddingModelFile.LoadImageModel(modelPath), options);
    }

    /// <summary>Embeds a column of images with a model that is loaded already.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Name of the vector column that is added.</param>
    /// <param name="inputColumnName">Name of the column of images: <see cref="MLImage"/>, paths of image files, or vectors of pixels,
    /// for which the options say width, height and layout; null takes <paramref name="outputColumnName"/>.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Dimension, what becomes of damaged images and so on; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for, on which image models do not run yet.</exception>
    public static TernaryImageEmbeddingEstimator ApplyTernaryImageEmbedding(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        ImageEmbeddingModel model,
        TernaryImageEmbeddingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new TernaryImageEmbeddingEstimator(catalog.GetEnvironment(), outputColumnName, inputColumnName, model, options);
    }

    /// <summary>Indexes the vectors of a column and finds for each row its nearest neighbours among them.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column made: the ids of the nearest neighbours, nearest first. A second column,
    /// <see cref="AnnIndexOptions.DistancesColumn"/>, has their distances.</param>
    /// <param name="inputColumnName">The column of vectors, of known size.</param>
    /// <param name="options">Options, or null for the defaults: HNSW, cosine, ten neighbours.</param>
    /// <exception cref="ArgumentException">A name is missing, or an option is out of range.</exception>
    public static AnnIndexEstimator NearestNeighbors(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, AnnIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new AnnIndexEstimator(catalog.GetEnvironment(), [new InputOutputColumnPair(outputColumnName, inputColumnName)], options);
    }

    /// <summary>Indexes the vectors of a column and finds for each row the nearest neighbours, among them, of the vectors of several
    /// columns.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="columns">Each search: the column of vectors that are searched for and the column made. The first pair's input
    /// column is the one that is indexed, unless <see cref="AnnIndexOptions.IndexedColumn"/> names another. Its distances are in
    /// <see cref="AnnIndexOptions.DistancesColumn"/>; those of a further pair are in a column whose name is that pair's output column
    /// followed by <see cref="AnnIndexOptions.DistancesColumn"/>.</param>
    /// <param name="options">Options, or null for the defaults: HNSW, cosine, ten neighbours.</param>
    /// <exception cref="ArgumentException">A name is missing, or an option is out of range.</exception>
    /// <example><code><![CDATA[
    /// ml.Transforms.NearestNeighbors(
    ///     [new InputOutputColumnPair("SimilarTitles", "TitleEmbedding"), new InputOutputColumnPair("SimilarToQuery", "QueryEmbedding")],
    ///     new AnnIndexOptions { IdColumn = "Title" })   // adds SimilarTitles, Distances, SimilarToQuery, SimilarToQueryDistances
    /// ]]></code></example>
    public static AnnIndexEstimator NearestNeighbors(
        this TransformsCatalog catalog, InputOutputColumnPair[] columns, AnnIndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(columns);
        return new AnnIndexEstimator(catalog.GetEnvironment(), columns, options);
    }
}
