// What a user may ask of the tuner: how much recall, in how much memory, and how long to look.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options of <see cref="AnnIndexTuner"/>.</summary>
public sealed record AnnTuningOptions
{
    /// <summary>The share of the true <see cref="K"/> nearest neighbours to be found: above 0, at most 1. Default .95.</summary>
    public double RecallTarget { get; init; } = 0.95;

    /// <summary>Neighbours that a search asks for. Default 10.</summary>
    public int K { get; init; } = 10;

    /// <summary>What near means. Default: <see cref="AnnMetric.Cosine"/>.</summary>
    public AnnMetric Metric { get; init; } = AnnMetric.Cosine;

    /// <summary>How many vectors are taken out at random to be the queries where none are given. 0, the default, takes a tenth of the
    /// vectors but at most 1,000. Few queries make recall uncertain, and the tuner then asks for more of it: see
    /// <see cref="AnnTuningTrial.RecallStandardError"/>.</summary>
    public int Queries { get; init; }

    /// <summary>How long to look; what is known by then counts. Default: five minutes. It ends early when all is tried. Float32 in a
    /// flat index is measured in any case.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes of memory that an index may take for each vector, vectors kept for rescoring included; 0, the default, is no
    /// limit.</summary>
    public double MaxBytesPerVector { get; init; }

    /// <summary>The kinds of index to try; null, the default, tries all.</summary>
    public IReadOnlyList<AnnIndexKind>? Kinds { get; init; }

    /// <summary>The codecs to try; null, the default, tries all.</summary>
    public IReadOnlyList<VectorCodec>? Codecs { get; init; }

    /// <summary>The structures to try, in place of those that the tuner would: <see cref="Kinds"/> and <see cref="Codecs"/> then do
    /// not matter, and of each <see cref="VectorIndexOptions"/> the metric, the seed, the threads and the parameters of searches are
    /// the tuner's.</summary>
    public IReadOnlyList<VectorIndexOptions>? Candidates { get; init; }

    /// <summary>Vectors used at most while looking around; the best candidates are then measured on all. At least 1,000, default
    /// 20,000.</summary>
    public int SampleLimit { get; init; } = 20_000;

    /// <summary>Seed of the samples and of the indexes.</summary>
    public int Seed { get; init; }

    /// <summary>Threads that build, one index each, and that look for recall; 0, the default, takes all cores. Speed is always that of
    /// one thread, with nothing beside it.</summary>
    public int Threads { get; init; }

    internal int ThreadCount => Threads == 0 ? Environment.ProcessorCount : Threads;

    internal void Validate()
    {
        if (!(RecallTarget > 0 && RecallTarget <= 1))
            throw new ArgumentOutOfRangeException(nameof(RecallTarget), RecallTarget, "RecallTarget must be above 0 and at most 1, such as 0.95.");
        Require(K >= 1, nameof(K), K, "must be at least 1");
        Require(Enum.IsDefined(Metric), nameof(Metric), Metric, "must be Cosine, InnerProduct or L2");
        Require(Queries >= 0, nameof(Queries), Queries, "must be at least 1, or 0 for the default");
        Require(TimeLimit > TimeSpan.Zero, nameof(TimeLimit), TimeLimit, "must be more than zero, such as TimeSpan.FromMinutes(5)");
        Require(MaxBytesPerVector >= 0 && double.IsFinite(MaxBytesPerVector), nameof(MaxBytesPerVector), MaxBytesPerVector, "must be a number of bytes, or 0 for no limit");
        Require(SampleLimit >= 1000, nameof(SampleLimit), SampleLimit, "must be at least 1,000");
        Require(Threads is >= 0 and <= 4096, nameof(Threads), Threads, "must be between 0 and 4096");
        RequireKnown(Kinds, TunedKinds.All.Select(kind => kind.Kind), nameof(Kinds));
        RequireKnown(Codecs, TunedForms.All.Select(form => form.Codec), nameof(Codecs));
        if (Candidates is { Count: 0 } || Candidates?.Contains(null!) == true)
            throw new ArgumentException("Candidates must hold index options, or be null for the tuner's own.", nameof(Candidates));
    }

    private static void Require(bool condition, string name, object value, string should)
    {
        if (!condition)
            throw new ArgumentOutOfRangeException(name, value, $"{name} {should}.");
    }

    private static void RequireKnown<T>(IReadOnlyList<T>? given, IEnumerable<T> known, string name) where T : struct
    {
        if (given is null)
            return;
        string all = string.Join(", ", known.Distinct());
        if (given.Count == 0)
            throw new ArgumentException($"{name} is empty: name some of {all}, or leave it null to try all.", name);
        foreach (T one in given)
        {
            if (!known.Contains(one))
                throw new ArgumentException($"{name} has {one}, which the tuner cannot try: it knows {all}.", name);
        }
    }
}
