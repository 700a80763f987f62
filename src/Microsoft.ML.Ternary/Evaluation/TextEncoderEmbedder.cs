// The encoders know nothing of evaluation, so this is what makes one of them a task's model.
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A <see cref="TextEncoder"/> as a task's model. It does not own the encoder: whoever made that disposes it.</summary>
public sealed class TextEncoderEmbedder : ITextEmbedder
{
    private readonly TextEncoder _encoder;

    /// <summary>Wraps an encoder.</summary>
    public TextEncoderEmbedder(TextEncoder encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        _encoder = encoder;
    }

    /// <inheritdoc/>
    public int Dimension => _encoder.Dimension;

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default) =>
        _encoder.Embed(texts, output, cancellation);
}
