// What tasks ask of a model: rows of numbers for texts. A full-precision encoder, a ternary one and a lexical baseline are the
// same to them.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Turns texts into embeddings.</summary>
public interface ITextEmbedder
{
    /// <summary>Components of an embedding, at least 1.</summary>
    int Dimension { get; }

    /// <summary>Embeds texts.</summary>
    /// <param name="texts">The texts; null counts as empty.</param>
    /// <param name="output">At least <c>texts.Count</c> x <see cref="Dimension"/> values; row i is the embedding of text i. Rows
    /// need not be normalised.</param>
    /// <param name="cancellation">Stops the work; <paramref name="output"/> is then partly written.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default);
}
