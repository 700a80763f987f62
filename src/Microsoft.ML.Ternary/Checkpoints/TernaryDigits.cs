// One ternary digit a weight is the paper's form, the smallest and the fastest; a second gives nine levels instead of three. A model
// may spend it where it helps most, so the choice is a value that options, files and experiments can name.
using System.Globalization;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>How many ternary digits, 1 or 2, the weights of each linear layer of the encoder have.</summary>
/// <remarks>A weight of one digit is code x scale with codes -1 to 1; of two digits (3 x high + low) x scale, codes -4 to 4.</remarks>
public sealed record TernaryDigits
{
    private readonly Func<EncoderModel, HashSet<string>> _two;

    private TernaryDigits(string name, Func<EncoderModel, HashSet<string>> two) => (Name, _two) = (name, two);

    /// <summary>One digit everywhere.</summary>
    public static TernaryDigits One { get; } = new("1", _ => []);

    /// <summary>Two digits everywhere.</summary>
    public static TernaryDigits Two { get; } = new("2", model => [.. ModelTernarizer.LinearNames(model.Config)]);

    /// <summary>Two digits in the feed-forward layers and in the last layer's value and attention output, which rounding to one digit
    /// damages most; one elsewhere.</summary>
    public static TernaryDigits FeedForwardTwo { get; } = new("ff2", FeedForward);

    /// <summary>Two digits where they help most for the bytes that they take, as many as a file of
    /// <paramref name="largestFileBytes"/> bytes holds; one elsewhere.</summary>
    /// <remarks>A wish: which layers these are has to be measured on texts, which <c>DigitSelection.Choose</c> does and distillation
    /// before it begins. Elsewhere it is refused.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="largestFileBytes"/> is not positive.</exception>
    public static TernaryDigits Automatic(long largestFileBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(largestFileBytes);
        string name = string.Create(CultureInfo.InvariantCulture, $"automatic, file of at most {largestFileBytes} bytes");
        return new(name, _ => throw new ArgumentException($"The digits \"{name}\" are to be chosen by a measurement on texts first; DigitSelection.Choose does it."))
        { LargestFileBytes = largestFileBytes };
    }

    /// <summary>The limit of <see cref="Automatic"/>; null where the layers are known.</summary>
    public long? LargestFileBytes { get; private init; }

    /// <summary>What options and reports call it.</summary>
    public string Name { get; }

    /// <summary>The patterns of <see cref="TwoIn"/>; null where it was not made of patterns.</summary>
    public IReadOnlyList<string>? Patterns { get; private init; }

    /// <summary>Two digits in the layers whose names fit one of <paramref name="patterns"/>, one elsewhere.</summary>
    /// <param name="patterns">Names in which * stands for any characters, such as <c>encoder.layer.5.*</c>. Whether they fit a layer
    /// is seen when a model is at hand.</param>
    public static TernaryDigits TwoIn(params IReadOnlyList<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        string[] kept = [.. patterns];
        return new("2 in " + string.Join(", ", kept), model => ModelTernarizer.SelectLinears(model, kept)) { Patterns = kept };
    }

    /// <summary>The linear layers of <paramref name="model"/> that have two digits.</summary>
    /// <exception cref="ArgumentException">A pattern fits no layer, or the layers are not chosen yet.</exception>
    internal HashSet<string> LayersOfTwo(EncoderModel model) => _two(model);

    /// <summary>Whether both mean the same layers in any model.</summary>
    public bool Equals(TernaryDigits? other) => other?.Name == Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static HashSet<string> FeedForward(EncoderModel model)
    {
        string last = $"encoder.layer.{model.Config.LayerCount - 1}.attention.";
        return [.. ModelTernarizer.LinearNames(model.Config).Where(name =>
            name.EndsWith(".intermediate.dense", StringComparison.Ordinal)
            || (name.EndsWith(".output.dense", StringComparison.Ordinal) && !name.EndsWith(".attention.output.dense", StringComparison.Ordinal))
            || name == last + "self.value" || name == last + "output.dense")];
    }
}
