// What every index lets its user choose, whatever its structure: what near means and how vectors are kept.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>Options that all indexes have.</summary>
public abstract record VectorIndexOptions
{
    /// <summary>What near means. Default: <see cref="AnnMetric.Cosine"/>.</summary>
    public AnnMetric Metric { get; init; } = AnnMetric.Cosine;

    /// <summary>How the vectors that searches compare are kept. Default: <see cref="VectorCodec.Float32"/>, as they are.</summary>
    public VectorCodec Codec { get; init; } = VectorCodec.Float32;

    /// <summary>In what form vectors are kept besides their codes, so that the best candidates can be compared once more. Default:
    /// float32 beside int8, ternary and binary codes, nothing beside float32 and float16. A form that is no finer than the codec
    /// would add nothing and is not kept.</summary>
    public Rescoring Rescoring { get; init; } = Rescoring.Auto;

    /// <summary>Seed of all that is drawn at random. The same seed, vectors and machine give the same bytes when one thread
    /// builds.</summary>
    public int Seed { get; init; }

    /// <summary>Threads that build and add. 1, the default, is deterministic; 0 takes all cores, and what the structure becomes then
    /// may depend on their timing (its quality does not).</summary>
    public int Threads { get; init; } = 1;

    internal int ThreadCount => Threads == 0 ? Environment.ProcessorCount : Threads;

    /// <summary>The codec of the vectors kept for rescoring, or null for none.</summary>
    internal VectorCodec? RescoringCodec
    {
        get
        {
            VectorCodec? codec = Rescoring switch
            {
                Rescoring.Auto => Codec is VectorCodec.Float32 or VectorCodec.Float16 ? null : VectorCodec.Float32,
                Rescoring.None => null,
                Rescoring.Int8 => VectorCodec.Int8,
                Rescoring.Float16 => VectorCodec.Float16,
                _ => VectorCodec.Float32,
            };
            // Codecs are numbered from the finest to the coarsest.
            return codec < Codec ? codec : null;
        }
    }

    internal virtual void Validate()
    {
        if (!Enum.IsDefined(Metric))
            throw new ArgumentOutOfRangeException(nameof(Metric), Metric, "Metric must be Cosine, InnerProduct or L2.");
        if (!Enum.IsDefined(Codec))
            throw new ArgumentOutOfRangeException(nameof(Codec), Codec, $"Codec must be one of {string.Join(", ", Enum.GetNames<VectorCodec>())}.");
        if (!Enum.IsDefined(Rescoring))
            throw new ArgumentOutOfRangeException(nameof(Rescoring), Rescoring, $"Rescoring must be one of {string.Join(", ", Enum.GetNames<Rescoring>())}.");
        RequireRange(Threads, 0, 4096, nameof(Threads));
    }

    private protected static void RequireRange(int value, int lowest, int highest, string name)
    {
        if (value < lowest || value > highest)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be between {lowest} and {highest}.");
    }
}

/// <summary>What is kept besides codes to compare the best candidates once more.</summary>
public enum Rescoring
{
    /// <summary>Float32 beside int8, ternary and binary codes; nothing beside float32 and float16.</summary>
    Auto,

    /// <summary>Nothing: distances are those of the codes.</summary>
    None,

    /// <summary>Int8: a quarter of float32's memory.</summary>
    Int8,

    /// <summary>Float16: half of float32's memory.</summary>
    Float16,

    /// <summary>Float32: exact distances.</summary>
    Float32,
}
