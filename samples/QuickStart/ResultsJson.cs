// The same figures for programs: names and meanings stay, so that runs can be compared over time.
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;

namespace Samples.QuickStart;

internal static class ResultsJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(string path, Comparison comparison, EmbeddingModel teacher, QuickStartOptions options, TimeSpan total)
    {
        Dictionary<string, object?> values = new()
        {
            ["short"] = options.Short,
            ["distill_seconds"] = options.DistillSeconds,
            ["entries"] = options.Entries,
            ["size_ratio"] = Rounded(ResultsTable.SizeRatio(comparison, teacher)),
            ["cosine_mean"] = Rounded(comparison.Shipped.CosineMean),
            ["cosine_90s"] = Rounded(comparison.Copy.CosineMean),
            ["cosine_ptq"] = Rounded(comparison.Rounded.CosineMean),
            ["cosine_zeroed"] = Rounded(comparison.Zeroed.CosineMean),
            ["r10_teacher"] = Rounded(comparison.Teacher.RecallAt10),
            ["r10_ternary"] = Rounded(comparison.Shipped.RecallAt10),
            ["r10_90s"] = Rounded(comparison.Copy.RecallAt10),
            ["r10_bm25"] = Rounded(comparison.Bm25.RecallAt10),
            ["r10_ptq"] = Rounded(comparison.Rounded.RecallAt10),
            ["r10_zeroed"] = Rounded(comparison.Zeroed.RecallAt10),
            ["neighbour_overlap10"] = Rounded(comparison.Shipped.NeighbourOverlap),
            ["sentences_per_s_teacher"] = Rounded(comparison.Teacher.SentencesPerSecond),
            ["sentences_per_s_ternary"] = Rounded(comparison.Shipped.SentencesPerSecond),
            ["seconds_total"] = Rounded(total.TotalSeconds),
        };
        WholeFile.WriteLines(path, [JsonSerializer.Serialize(values, Indented)]);
    }

    private static double? Rounded(double? value) => value is double number ? Math.Round(number, 4) : null;
}
