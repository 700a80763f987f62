// What a user may set about nearest neighbours in a pipeline; each option is named as the field and the index classes name it.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary;

/// <summary>Options of <see cref="AnnIndexEstimator"/>.</summary>
public sealed record AnnIndexOptions
{
    /// <summary>How the index is searched. Default: <see cref="AnnIndexKind.Hnsw"/>, approximate; <see cref="AnnIndexKind.Flat"/> is exact.</summary>
    public AnnIndexKind Kind { get; init; } = AnnIndexKind.Hnsw;

    /// <summary>How many neighbours each row gets. Default 10.</summary>
    public int K { get; init; } = 10;

    /// <summary>What near means. Default: <see cref="AnnMetric.Cosine"/>.</summary>
    public AnnMetric Metric { get; init; } = AnnMetric.Cosine;

    /// <summary>How the vectors that searches compare are kept; see <see cref="VectorIndexOptions.Codec"/>. Default:
    /// <see cref="VectorCodec.Float32"/>, as they are.</summary>
    public VectorCodec Codec { get; init; } = VectorCodec.Float32;

    /// <summary>In what form vectors are kept besides their codes; see <see cref="VectorIndexOptions.Rescoring"/>.</summary>
    public Rescoring Rescoring { get; init; } = Rescoring.Auto;

    /// <summary>Candidates that are compared once more by the vectors kept for rescoring; see <see cref="SearchOptions.Rescore"/>.
    /// Default 0: the index decides.</summary>
    public int Rescore { get; init; }

    /// <summary>HNSW: links of a node; see <see cref="HnswOptions.M"/>.</summary>
    public int M { get; init; } = 16;

    /// <summary>HNSW: candidates considered when a node is linked; see <see cref="HnswOptions.EfConstruction"/>.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>HNSW: candidates kept while searching; see <see cref="HnswOptions.EfSearch"/>. At least <see cref="K"/> is used. 0, the
    /// default, is 64, or what the index of <see cref="IndexFile"/> was built with.</summary>
    public int EfSearch { get; init; }

    /// <summary>IVF: nlist, the number of lists; 0, the default, is about 4 times the square root of the number of vectors; see
    /// <see cref="IvfOptions.NList"/>.</summary>
    public int NList { get; init; }

    /// <summary>IVF: nprobe, the number of lists a search looks into; LSH: the buckets it looks into in each table. 0, the default, is
    /// 16 lists or 64 buckets, or what the index of <see cref="IndexFile"/> was built with; see <see cref="IvfOptions.NProbe"/> and <see cref="LshOptions.Probes"/>.</summary>
    public int NProbe { get; init; }

    /// <summary>IVF: iterations of k-means at most; see <see cref="IvfOptions.KMeansIterations"/>.</summary>
    public int KMeansIterations { get; init; } = 10;

    /// <summary>IVF: vectors that k-means learns from; 0, the default, is 256 a list; see <see cref="IvfOptions.TrainingSample"/>.</summary>
    public int TrainingSample { get; init; }

    /// <summary>LSH: hash tables; see <see cref="LshOptions.Tables"/>.</summary>
    public int Tables { get; init; } = 8;

    /// <summary>LSH: bits of a hash; 0, the default, fits the number of vectors; see <see cref="LshOptions.Bits"/>.</summary>
    public int Bits { get; init; }

    /// <summary>A column of text or of numbers whose values the neighbours are known by. Without one they are known by their row
    /// number in the data given to Fit, from 0, as 64-bit integers.</summary>
    public string? IdColumn { get; init; }

    /// <summary>In which form neighbours are given. Default: <see cref="NeighborForm.Ids"/>.</summary>
    public NeighborForm NeighborsAs { get; init; } = NeighborForm.Ids;

    /// <summary>The column that is indexed. Null, the default, takes the (first) input column, which is then both indexed and
    /// searched for. With a name only that column must be in the data given to Fit, and only the columns of queries in the data that
    /// is transformed: the corpus has "Embedding", the queries come later with "QueryEmbedding".</summary>
    /// <remarks>A chain transforms the very data that it is fitted on, which must then have both. Fit this estimator by itself to
    /// index a corpus without queries.</remarks>
    public string? IndexedColumn { get; init; }

    /// <summary>Further columns that are searched for in the same index, besides the one named when the estimator was made.</summary>
    public IReadOnlyList<AnnQueryColumns> Queries { get; init; } = [];

    /// <summary>Name of the output column with the distances. Default "Distances".</summary>
    public string DistancesColumn { get; init; } = "Distances";

    /// <summary>Seed of all that is drawn at random; null takes one from the <see cref="MLContext"/>.</summary>
    public int? Seed { get; init; }

    /// <summary>Threads that build; 1 is deterministic, 0 takes all cores; see <see cref="VectorIndexOptions.Threads"/>.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>An index file to use instead of building one, as <see cref="AnnIndexTransformer.SaveIndex(string)"/> or
    /// <see cref="VectorIndex.Save(string)"/> wrote it. Its kind, metric, ids and the parameters it was built with then hold; those
    /// among these options are ignored.</summary>
    public string? IndexFile { get; init; }

    /// <summary>The name of a file next to the saved model that shall hold the index, such as "corpus.ann"; null, the default, keeps
    /// it inside the model.</summary>
    /// <remarks>
    /// <para>A plain name without a folder. <c>ml.Model.Save(model, schema, "model.zip")</c> then writes the index beside the zip,
    /// replacing an older file of that name unless it is this very index already, and <c>ml.Model.Load("model.zip")</c> opens it from
    /// there: both may move, together. The zip keeps the ids.</para>
    /// <para>A model saved to a stream that is no file is refused; one loaded from such a stream looks for the index in the current
    /// directory.</para>
    /// </remarks>
    public string? SaveIndexAs { get; init; }

    internal void Validate(IHost host)
    {
        host.CheckUserArg(!string.IsNullOrWhiteSpace(DistancesColumn), nameof(DistancesColumn), "must be a column name");
        host.CheckUserArg(IndexedColumn is null || !string.IsNullOrWhiteSpace(IndexedColumn), nameof(IndexedColumn), "must be a column name, or null");
        host.CheckUserArg(Queries is not null, nameof(Queries), "must not be null");
        host.CheckUserArg(Enum.IsDefined(Kind), nameof(Kind), $"must be one of {string.Join(", ", Enum.GetNames<AnnIndexKind>())}");
        host.CheckUserArg(Enum.IsDefined(NeighborsAs), nameof(NeighborsAs), "must be Ids or Keys");
        host.CheckUserArg(K >= 1, nameof(K), "must be at least 1");
        host.CheckUserArg(EfSearch >= 0, nameof(EfSearch), "must not be negative; 0 is the index's own");
        host.CheckUserArg(NProbe >= 0, nameof(NProbe), "must not be negative; 0 is the index's own");
        if (SaveIndexAs is not null && AnnIndexReference.ProblemOf(SaveIndexAs) is string problem)
            throw host.ExceptUserArg(nameof(SaveIndexAs), $"'{SaveIndexAs}' {problem}: give a name without a folder, such as \"corpus.ann\", for a file next to the saved model.");
        host.CheckUserArg(Rescore >= 0, nameof(Rescore), "must not be negative");
        ForBuilding(0).Validate();
    }

    /// <summary>Builds the index that these options describe.</summary>
    internal VectorIndex Build(Float32VectorStore store, int contextSeed, IProgress<IndexBuildProgress> progress, CancellationToken cancellation) =>
        ForBuilding(contextSeed) switch
        {
            FlatOptions flat => FlatIndex.Build(store, flat, cancellation),
            IvfOptions ivf => IvfIndex.Build(store, ivf, progress, cancellation),
            LshOptions lsh => LshIndex.Build(store, lsh, progress, cancellation),
            HnswOptions hnsw => HnswIndex.Build(store, hnsw, progress, cancellation),
            var other => throw new InvalidOperationException($"{other.GetType().Name} has no index."),
        };

    /// <summary>These options as those of the index's kind.</summary>
    internal VectorIndexOptions ForBuilding(int contextSeed)
    {
        VectorIndexOptions options = Kind switch
        {
            AnnIndexKind.Flat => new FlatOptions(),
            AnnIndexKind.Ivf => new IvfOptions
            {
                NList = NList,
                NProbe = NProbe == 0 ? new IvfOptions().NProbe : NProbe,
                KMeansIterations = KMeansIterations,
                TrainingSample = TrainingSample,
            },
            AnnIndexKind.Lsh => new LshOptions { Tables = Tables, Bits = Bits, Probes = NProbe == 0 ? new LshOptions().Probes : NProbe },
            _ => new HnswOptions { M = M, EfConstruction = EfConstruction, EfSearch = EfSearch == 0 ? new HnswOptions().EfSearch : EfSearch },
        };
        return options with { Metric = Metric, Codec = Codec, Rescoring = Rescoring, Seed = Seed ?? contextSeed, Threads = Threads };
    }

    /// <summary>The options of each search.</summary>
    internal SearchOptions ForSearch() => new() { EfSearch = EfSearch, NProbe = NProbe, Rescore = Rescore };
}
