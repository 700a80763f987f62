// A recipe may ask for as many second digits as a file of some size holds. Which layers get them is measured here, before training,
// so that everything after it sees a recipe whose layers are known.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Distillation;

internal static class AutomaticDigits
{
    // Enough to tell layers apart; each costs a forward pass a layer in full precision.
    private const int MeasuredTexts = 100;

    /// <summary>The options with digits whose layers are known: <see cref="TernaryDigits.Automatic"/> is replaced by what
    /// <see cref="DigitSelection"/> chooses on the held-out texts, or on the corpus' first ones. The same teacher, texts and limit give
    /// the same layers, so that a run that is resumed goes on as the one it was.</summary>
    /// <exception cref="ArgumentException">The limit is too small even for one digit everywhere.</exception>
    /// <exception cref="InvalidOperationException">The corpus is empty.</exception>
    public static DistillationOptions Resolve(
        EmbeddingModel teacher, Func<IEnumerable<string?>> corpus, DistillationOptions options, CancellationToken cancellation)
    {
        if (options.Recipe.Digits.LargestFileBytes is not long limit)
            return options;
        string[] texts = [.. HeldOutRows.Choose(options.HeldOut, corpus).Texts.Where(text => !string.IsNullOrWhiteSpace(text)).Take(MeasuredTexts)];
        if (texts.Length == 0)
            throw new InvalidOperationException("There is no text to choose the layers of two digits on: the held-out rows are all empty.");
        var selection = new DigitSelectionOptions
        {
            Scaling = options.Recipe.Scaling,
            FullPrecision = options.FullPrecisionLayers,
            File = new TernaryModelFileOptions { TokenEmbeddings = options.Recipe.TokenEmbeddings },
        };
        TernaryDigits digits = DigitSelection.Choose(teacher, texts, limit, selection, cancellation: cancellation);
        return options with { Recipe = options.Recipe with { Digits = digits } };
    }
}
