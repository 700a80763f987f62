// Which layers a loss looks at, and how much each counts. A value that recipes can compare, print and read back.
using System.Globalization;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>A weight for each layer of the encoder. They are used as shares of their sum, so that a loss over more layers is not a larger one.</summary>
public sealed record LayerWeights
{
    private const string LastName = "last", AllName = "all";
    private readonly float[]? _weights;

    private LayerWeights(string name, float[]? weights = null) => (Name, _weights) = (name, weights);

    /// <summary>The last layer alone.</summary>
    public static LayerWeights Last { get; } = new(LastName);

    /// <summary>All layers alike.</summary>
    public static LayerWeights All { get; } = new(AllName);

    /// <summary>What options and reports call it: <c>last</c>, <c>all</c>, or the weights with strokes between them, such as <c>0/1/2</c>.</summary>
    public string Name { get; }

    /// <summary>One weight a layer, the first layer's first.</summary>
    /// <exception cref="ArgumentException">A weight is negative or not finite, or all are zero.</exception>
    public static LayerWeights Of(params IReadOnlyList<float> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (!weights.All(weight => weight >= 0 && float.IsFinite(weight)) || !weights.Any(weight => weight > 0))
            throw new ArgumentException("The weights of layers must be 0 or more, and one of them above 0.", nameof(weights));
        return new(string.Join('/', weights.Select(weight => weight.ToString(CultureInfo.InvariantCulture))), [.. weights]);
    }

    /// <summary>Reads a <see cref="Name"/>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static LayerWeights Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Equals(LastName, StringComparison.OrdinalIgnoreCase))
            return Last;
        if (text.Equals(AllName, StringComparison.OrdinalIgnoreCase))
            return All;
        try
        {
            return Of([.. text.Split('/').Select(weight => float.Parse(weight, NumberStyles.Float, CultureInfo.InvariantCulture))]);
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>Whether both name the same layers.</summary>
    public bool Equals(LayerWeights? other) => other?.Name == Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The share of each of <paramref name="layers"/> layers; they sum to 1.</summary>
    /// <exception cref="ArgumentException">There is not one weight for each layer.</exception>
    internal double[] SharesOf(int layers)
    {
        if (_weights is null)
            return [.. Enumerable.Range(1, layers).Select(layer => Name == AllName ? 1.0 / layers : layer == layers ? 1 : 0)];
        if (_weights.Length != layers)
            throw new ArgumentException($"There are {_weights.Length} weights of layers ({Name}), and the model has {layers} layers: give one for each, or {LastName} or {AllName}.");
        double sum = _weights.Sum(weight => (double)weight);
        return [.. _weights.Select(weight => weight / sum)];
    }
}
