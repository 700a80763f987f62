// What the command line means by a shape.
using System.Globalization;

namespace Benchmarks.Models;

/// <summary>Sequences times tokens, or the ragged batch of real lengths.</summary>
/// <param name="Batch">Number of sequences.</param>
/// <param name="Tokens">Tokens of each; null in the ragged batch.</param>
internal sealed record BatchShape(int Batch, int? Tokens)
{
    private const int MaxTokens = 512;

    /// <summary>Sequences of the ragged batch.</summary>
    public const int RaggedSequences = 64;

    /// <summary>The batch of real lengths.</summary>
    public static BatchShape Ragged { get; } = new(RaggedSequences, null);

    /// <summary>Reads "8x128" or "ragged".</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static BatchShape Parse(string text)
    {
        if (text == "ragged")
            return Ragged;
        string[] parts = text.Split('x');
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int batch) && batch > 0
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int tokens) && tokens is > 0 and <= MaxTokens)
            return new BatchShape(batch, tokens);
        throw new FormatException($"'{text}' is not a shape: write sequences x tokens, such as 8x128 (at most {MaxTokens} tokens), or ragged.");
    }

    /// <inheritdoc/>
    public override string ToString() => Tokens is int tokens ? string.Create(CultureInfo.InvariantCulture, $"{Batch}x{tokens}") : "ragged";
}
