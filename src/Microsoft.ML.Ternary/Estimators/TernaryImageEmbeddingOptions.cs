// What a pipeline may choose when it embeds a column of images; what belongs to the model itself is in the model.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

/// <summary>Options of a <see cref="TernaryImageEmbeddingEstimator"/> and of the transformer it makes.</summary>
/// <remarks>All but <see cref="MaxThreads"/>, <see cref="GpuDeviceId"/> and <see cref="FallbackToCpu"/>, which belong to the
/// machine, are saved with the transformer.</remarks>
public sealed record TernaryImageEmbeddingOptions
{
    /// <summary>Components to keep of each embedding, the first ones; 0 keeps all. What is kept is scaled to norm 1 again where
    /// the model normalises.</summary>
    public int Dimension { get; init; }

    /// <summary>Most rows that a cursor gathers to embed them together. Embeddings do not depend on it.</summary>
    public int LookAheadRows { get; init; } = 128;

    /// <summary>Where the input is a vector of pixels, the pixels in a row of the image.</summary>
    public int? PixelWidth { get; init; }

    /// <summary>Where the input is a vector of pixels, the rows of the image.</summary>
    public int? PixelHeight { get; init; }

    /// <summary>Where the input is a vector of pixels, the channels of each, interleaved, with values from 0 to 255.</summary>
    public PixelLayout PixelLayout { get; init; } = PixelLayout.Rgb;

    /// <summary>Whether an image that is absent or damaged gets an embedding of missing values (NaN) instead of ending the work.</summary>
    public bool MissingForUnreadable { get; init; }

    /// <summary>Most threads that one cursor uses. Embeddings do not depend on it.</summary>
    public int MaxThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>The GPU to embed on, which image models cannot yet. Null takes <see cref="MLContext.GpuDeviceId"/>, and where that is
    /// null, the CPU.</summary>
    public int? GpuDeviceId { get; init; }

    /// <summary>Whether the CPU stands in for a GPU. Null takes <see cref="MLContext.FallbackToCpu"/>.</summary>
    public bool? FallbackToCpu { get; init; }

    /// <summary>The part of these options that the encoder takes.</summary>
    internal ImageEncoderOptions ToEncoderOptions() => new() { Dimension = Dimension, MaxThreads = MaxThreads, GpuDeviceId = GpuDeviceId };

    /// <summary>Components of the embeddings that a model makes with these options.</summary>
    internal int DimensionOf(ImageEmbeddingModel model) => Dimension == 0 ? model.Dimension : Dimension;

    /// <summary>Checks the options before any work begins.</summary>
    /// <exception cref="ArgumentException">An option is out of range, for this model or for any.</exception>
    internal void Validate(ImageEmbeddingModel model)
    {
        if (LookAheadRows < 1)
            throw new ArgumentException($"LookAheadRows is {LookAheadRows}; at least 1 row is needed.", nameof(LookAheadRows));
        foreach ((string name, int? pixels) in new[] { (nameof(PixelWidth), PixelWidth), (nameof(PixelHeight), PixelHeight) })
        {
            if (pixels < 1)
                throw new ArgumentException($"{name} is {pixels}; an image has at least one pixel. Leave it null where images are not vectors of pixels.", name);
        }
        if (!Enum.IsDefined(PixelLayout))
            throw new ArgumentException($"PixelLayout is {PixelLayout}, which is no layout of pixels.", nameof(PixelLayout));
        ToEncoderOptions().Validate(model);
    }
}
