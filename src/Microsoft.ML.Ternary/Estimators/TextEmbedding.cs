// The seam between the data views and the encoder: all that a look-ahead cursor asks of a model.
namespace Microsoft.ML.Ternary;

/// <summary>Embeds texts, writing them one after another to <paramref name="output"/>; called by several cursors at once.</summary>
internal delegate void TextEmbedding(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation);
