// The way to nearest neighbours from MLContext.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary;

namespace Microsoft.ML;

/// <summary>Extension methods on <see cref="TransformsCatalog"/> for nearest-neighbour search.</summary>
public static class AnnCatalog
{
    /// <summary>Indexes the vectors of a column and finds for each row its nearest neighbours among them.</summary>
    /// <param name="catalog">The transforms of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column made: the ids of the nearest neighbours, nearest first. A second column,
    /// <see cref="AnnIndexOptions.DistancesColumn"/>, has their distances.</param>
    /// <param name="inputColumnName">The column of vectors, of known size.</param>
    /// <param name="options">Options, or null for the defaults: HNSW, cosine, ten neighbours.</param>
    public static AnnIndexEstimator NearestNeighbors(
        this TransformsCatalog catalog, string outputColumnName, string inputColumnName, AnnIndexOptions? options = null) =>
        new(CatalogUtils.GetEnvironment(catalog), outputColumnName, inputColumnName, options);
}
