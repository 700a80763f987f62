// What the tuner must know of a kind of index. A kind that the library gains is one class of this sort and one entry in
// TunedKinds.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>A kind of index as the tuner sees it.</summary>
internal abstract class TunedKind
{
    public abstract AnnIndexKind Kind { get; }

    /// <summary>The class of its indexes.</summary>
    public abstract Type IndexType { get; }

    /// <summary>The class of its options.</summary>
    public abstract Type OptionsType { get; }

    /// <summary>The structures to try, each as a function of the number of vectors, so that one that grows with it is the same
    /// candidate on a sample and on all.</summary>
    public abstract IReadOnlyList<Func<int, VectorIndexOptions>> Structures { get; }

    /// <summary>Builds an index.</summary>
    public abstract VectorIndex Build(
        VectorStore full, VectorIndexOptions options, IProgress<IndexBuildProgress>? progress, CancellationToken cancellation);

    /// <summary>An index whose options differ in codec and rescoring alone from one that was built of the same vectors. It may share
    /// that one's structure; null if it must be built.</summary>
    public virtual VectorIndex? Recode(VectorIndex built, VectorStore full, VectorIndexOptions options, CancellationToken cancellation) => null;

    /// <summary>Bytes of the structure with all vectors, from an index of some of them.</summary>
    /// <param name="index">The index.</param>
    /// <param name="atAll">The options with all vectors.</param>
    /// <param name="all">How many these are.</param>
    public virtual double StructureBytes(VectorIndex index, VectorIndexOptions atAll, int all) =>
        index.Structure.MemoryBytes / (double)index.Count * all;

    /// <summary>The parameter of searches that decides how many vectors are looked at, or null if all are.</summary>
    public virtual SearchAxis? Effort(VectorIndex index, int k) => null;

    /// <summary>Candidates to compare once more while the effort is being chosen; 0 leaves them to the index.</summary>
    public virtual int WidestRescore(VectorIndex index, int k) => (int)Math.Min(index.Count, 50L * k);

    /// <summary>Options whose defaults for searches are those given.</summary>
    public virtual VectorIndexOptions WithDefaults(VectorIndexOptions options, SearchOptions search) => options;

    /// <summary>The kind's own parameters, under the field's names; empty if it has none.</summary>
    public virtual string Describe(VectorIndexOptions options, SearchOptions search) => "";
}
