// What the stores of float32 and of float16 rows share: a query is float32 components, padded as rows are, and distances are sums over
// components. They differ in how a row's components load and in what makes a distance of a sum.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A store whose rows are floating-point components.</summary>
/// <typeparam name="TRow">How they load.</typeparam>
/// <typeparam name="TDifference">The squared difference of a query's component and a loaded one.</typeparam>
internal abstract unsafe class FloatVectorStore<TRow, TDifference> : VectorStore
    where TRow : struct, IRowFormat
    where TDifference : struct, IDistanceTerm
{
    private readonly float _productScale;

    /// <summary>Creates a store.</summary>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="length">Components of a row, padding included.</param>
    /// <param name="productScale">What turns a sum of products into a distance: a negative factor.</param>
    protected FloatVectorStore(int dimension, AnnMetric metric, GrowableRows rows, int length, float productScale)
        : base(dimension, metric, rows)
    {
        Length = length;
        _productScale = productScale;
    }

    public sealed override int QueryBytes => Length * sizeof(float);

    /// <summary>Components of a row, padding included.</summary>
    protected int Length { get; }

    public sealed override void Distances(byte* query, int* ids, int count, float* distances)
    {
        MemoryBlock block = Block;
        RowSums sums = new(block.Pointer, RowBytes, Length);
        if (Metric == AnnMetric.L2)
        {
            sums.Of<TDifference, TRow>((float*)query, ids, count, distances);
        }
        else
        {
            sums.Of<ProductTerm, TRow>((float*)query, ids, count, distances);
            RowSums.Scale(distances, count, _productScale);
        }
        GC.KeepAlive(block);
    }

    public sealed override void DistancesInOrder(byte* query, int first, int count, float* distances)
    {
        MemoryBlock block = Block;
        RowSums sums = new(block.Pointer, RowBytes, Length);
        if (Metric == AnnMetric.L2)
        {
            sums.InOrder<TDifference, TRow>((float*)query, first, count, distances);
        }
        else
        {
            sums.InOrder<ProductTerm, TRow>((float*)query, first, count, distances);
            RowSums.Scale(distances, count, _productScale);
        }
        GC.KeepAlive(block);
    }

    /// <summary>Components padded to whole cache lines of rows.</summary>
    protected static int Padded(int dimension, int block) => checked(dimension + block - 1) / block * block;
}
