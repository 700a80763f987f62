// Lengths that embeddings may be cut to, as a value that recipes can compare, print and read back.
using System.Globalization;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>How many of its first components an embedding is cut to, for users who store only these.</summary>
public sealed record ComponentCounts
{
    private ComponentCounts(IReadOnlyList<int> counts) => Counts = counts;

    /// <summary>The first 64, 128 and 256.</summary>
    public static ComponentCounts Usual { get; } = Of(64, 128, 256);

    /// <summary>The counts, ascending.</summary>
    public IReadOnlyList<int> Counts { get; }

    /// <summary>Some counts; at least one, in any order.</summary>
    /// <exception cref="ArgumentException">There is none, or one is below 1.</exception>
    public static ComponentCounts Of(params IReadOnlyList<int> counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (counts.Count == 0 || counts.Any(count => count < 1))
            throw new ArgumentException("Embeddings are cut to at least one component; name one or more counts.", nameof(counts));
        return new([.. counts.Distinct().Order()]);
    }

    /// <summary>Reads counts with strokes between them, such as <c>64/128/256</c>.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static ComponentCounts Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Of([.. text.Split('/').Select(count => int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException($"'{count}' is no number of components; write counts from 1 with strokes between them, such as 64/128/256."))]);
    }

    /// <summary>Whether both hold the same counts.</summary>
    public bool Equals(ComponentCounts? other) => other is not null && other.Counts.SequenceEqual(Counts);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The counts with strokes between them.</summary>
    public override string ToString() => string.Join('/', Counts.Select(count => count.ToString(CultureInfo.InvariantCulture)));
}
