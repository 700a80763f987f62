// STS Benchmark as it is distributed: pairs of sentences with the similarity that people gave them.
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Two sentences and how similar people found them.</summary>
/// <param name="Score">From 0 (unrelated) to 5 (the same meaning).</param>
/// <param name="Sentence1">The first sentence.</param>
/// <param name="Sentence2">The second sentence.</param>
public sealed record SentencePair(double Score, string Sentence1, string Sentence2);

/// <summary>Reads the STS Benchmark's files: genre, file, year, id, score, sentence1, sentence2; tabs, no header, no quoting.</summary>
public static class StsBenchmark
{
    private const int ScoreColumn = 4;
    private const int Columns = 7;

    /// <summary>Reads all pairs of a file such as sts-test.tsv; further columns (sources and licences) are passed over.</summary>
    /// <exception cref="InvalidDataException">A line has too few columns or no score from 0 to 5.</exception>
    public static List<SentencePair> Read(string path)
    {
        List<SentencePair> pairs = [];
        int number = 0;
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            number++;
            string[] row = line.Split('\t');
            if (row.Length < Columns)
                throw new InvalidDataException($"{path}, line {number} has {row.Length} columns, expected at least {Columns}.");
            if (!double.TryParse(row[ScoreColumn], NumberStyles.Float, CultureInfo.InvariantCulture, out double score) || score is not (>= 0 and <= 5))
                throw new InvalidDataException($"{path}, line {number}: the score '{row[ScoreColumn]}' is not a number from 0 to 5.");
            pairs.Add(new SentencePair(score, row[ScoreColumn + 1], row[ScoreColumn + 2]));
        }
        return pairs;
    }
}
