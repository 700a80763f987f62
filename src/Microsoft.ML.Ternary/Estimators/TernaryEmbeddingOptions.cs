// What a pipeline may choose when it embeds a column; what belongs to the model itself is in the model.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>Options of a <see cref="TernaryEmbeddingEstimator"/> and of the transformer it makes.</summary>
/// <remarks>All but <see cref="MaxThreads"/>, <see cref="GpuDeviceId"/> and <see cref="FallbackToCpu"/>, which belong to the
/// machine, are saved with the transformer.</remarks>
public sealed record TernaryEmbeddingOptions
{
    /// <summary>Components to keep of each embedding, the first ones; 0 keeps all. What is kept is scaled to norm 1 again where
    /// the model normalises. Meant for models trained for it (Matryoshka).</summary>
    public int Dimension { get; init; }

    /// <summary>Put before every text that is not blank, for models trained with a prefix for queries and another for
    /// documents, such as "query: " and "passage: ". A pipeline that embeds both has a transformer for each.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Most tokens of a text, the special ones included; 0 is the model's own maximum. Longer text is cut.</summary>
    public int MaxLength { get; init; }

    /// <summary>Most rows that a cursor gathers to embed them together. More rows sort better by length and keep more cores
    /// busy; fewer wait for less. Embeddings do not depend on it.</summary>
    public int LookAheadRows { get; init; } = 512;

    /// <summary>Most threads that one cursor uses. Embeddings do not depend on it.</summary>
    public int MaxThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>The GPU to embed on, counted from 0: CUDA devices first, then GPUs that offer OpenCL. Null takes
    /// <see cref="MLContext.GpuDeviceId"/>, and where that is null, the CPU.</summary>
    public int? GpuDeviceId { get; init; }

    /// <summary>Whether the CPU stands in, with a warning, for a GPU that cannot be used. Null takes
    /// <see cref="MLContext.FallbackToCpu"/>.</summary>
    public bool? FallbackToCpu { get; init; }

    /// <summary>The part of these options that the encoder takes.</summary>
    internal TextEncoderOptions ToEncoderOptions() =>
        new() { Dimension = Dimension, Prefix = Prefix, MaxLength = MaxLength, MaxThreads = MaxThreads, GpuDeviceId = GpuDeviceId };

    /// <summary>Components of the embeddings that a model makes with these options.</summary>
    internal int DimensionOf(EmbeddingModel model) => Dimension == 0 ? model.Dimension : Dimension;

    /// <summary>Checks the options before any long work begins.</summary>
    /// <exception cref="ArgumentException">An option is out of range, for this model or for any.</exception>
    internal void Validate(EmbeddingModel model)
    {
        if (LookAheadRows < 1)
            throw new ArgumentException($"LookAheadRows is {LookAheadRows}; at least 1 row is needed.", nameof(LookAheadRows));
        TextEncoder.Validate(model, ToEncoderOptions());
    }
}
