// What embeddings become where they are stored in fewer bits, defined once: training simulates it, evaluation measures it.
using System.Numerics.Tensors;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>The form that each component of an embedding is stored in.</summary>
public enum EmbeddingForm
{
    /// <summary>As computed.</summary>
    Float32,

    /// <summary>Eight bits: code x max|x| / 127.</summary>
    Int8,

    /// <summary>-1, 0 or 1: components above three quarters of the mean magnitude, times the mean magnitude of these.</summary>
    Ternary,

    /// <summary>A sign, times the mean magnitude. Zero counts as positive.</summary>
    Binary,
}

/// <summary>Rounds embeddings to a form and back.</summary>
/// <remarks>Indexes do better with the same bits (they subtract the mean and rotate); this is what a plain column of codes keeps.</remarks>
public static class EmbeddingRounding
{
    private const float LargestCode = 127, TernaryThreshold = 0.75f;

    /// <summary>Writes what the form of one embedding gives back.</summary>
    /// <param name="embedding">An embedding.</param>
    /// <param name="form">The form.</param>
    /// <param name="destination">As many values; may be <paramref name="embedding"/> itself.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter.</exception>
    public static void Round(ReadOnlySpan<float> embedding, EmbeddingForm form, Span<float> destination)
    {
        if (destination.Length < embedding.Length)
            throw new ArgumentException($"The destination has {destination.Length} values for an embedding of {embedding.Length}.", nameof(destination));
        if (embedding.Length == 0)
            return;
        float mean = TensorPrimitives.SumOfMagnitudes(embedding) / embedding.Length;
        switch (form)
        {
            case EmbeddingForm.Int8:
                float scale = Math.Abs(TensorPrimitives.MaxMagnitude(embedding)) / LargestCode;
                Map(embedding, destination, value => scale > 0 ? MathF.Round(value / scale) * scale : 0);
                break;
            case EmbeddingForm.Ternary:
                float threshold = TernaryThreshold * mean, magnitude = MeanMagnitudeAbove(embedding, threshold);
                Map(embedding, destination, value => MathF.Abs(value) > threshold ? MathF.CopySign(magnitude, value) : 0);
                break;
            case EmbeddingForm.Binary:
                Map(embedding, destination, value => value < 0 ? -mean : mean);
                break;
            default:
                embedding.CopyTo(destination);
                break;
        }
    }

    private static void Map(ReadOnlySpan<float> source, Span<float> destination, Func<float, float> map)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = map(source[i]);
    }

    private static float MeanMagnitudeAbove(ReadOnlySpan<float> values, float threshold)
    {
        double sum = 0;
        int count = 0;
        foreach (float value in values)
        {
            if (MathF.Abs(value) > threshold)
                (sum, count) = (sum + MathF.Abs(value), count + 1);
        }
        return count > 0 ? (float)(sum / count) : 0;
    }
}
