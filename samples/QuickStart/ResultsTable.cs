// The figures side by side, and what the columns mean.
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;
using Spectre.Console;

namespace Samples.QuickStart;

internal static class ResultsTable
{
    public static void Show(Comparison comparison, EmbeddingModel teacher)
    {
        Table table = new Table().Border(TableBorder.SimpleHeavy)
            .AddColumn("").AddColumn("disk", Right).AddColumn("memory", Right)
            .AddColumn("sentences/s\none thread", Right).AddColumn($"sentences/s\n{Environment.ProcessorCount} threads", Right)
            .AddColumn("R@1", Right).AddColumn("R@10", Right).AddColumn("cosine", Right).AddColumn("top-10\noverlap", Right);
        foreach (Figures row in comparison.Rows)
        {
            table.AddRow(Markup.Escape(row.Name), Megabytes(row.DiskBytes), Megabytes(row.MemoryBytes),
                Count(row.SentencesPerSecondOneThread), Count(row.SentencesPerSecond),
                Share(row.RecallAt1), Share(row.RecallAt10), Share(row.CosineMean), Share(row.NeighbourOverlap));
        }
        AnsiConsole.Write(table);
        Screen.Say($"""
            disk: the file, or all files of the folder; memory: largest working set of a process that loads it and embeds {ReverseDictionary.SampleQuestions.Count} texts.
            R@k: held-out definition to its own entry among all; cosine and top-10 overlap: to the teacher, on those definitions.
            The shipped file has {SizeRatio(comparison, teacher):0.000}x the teacher's {Float32Bytes(teacher) / 1e6:N1} MB in float32, and embeds {comparison.Shipped.SentencesPerSecond / comparison.Teacher.SentencesPerSecond:0.0}x its sentences/s.
            """);
    }

    /// <summary>The shipped file's size over that of the teacher's weights in float32.</summary>
    public static double SizeRatio(Comparison comparison, EmbeddingModel teacher) => (double)comparison.Shipped.DiskBytes! / Float32Bytes(teacher);

    private static long Float32Bytes(EmbeddingModel teacher)
    {
        BertWeights weights = teacher.Weights;
        long embeddings = (long)weights.TokenEmbeddings.Rows * weights.TokenEmbeddings.Columns
            + weights.PositionEmbeddings.Length + weights.TokenTypeEmbeddings.Length;
        long norms = (2L * weights.Layers.Count + 1) * 2 * teacher.Config.HiddenSize;
        long linears = weights.Layers.SelectMany(layer => layer.Linears()).Select(linear => linear.Weights)
            .Concat(teacher.DenseModules.Select(dense => dense.Linear))
            .Sum(linear => ((long)linear.InputSize + 1) * linear.OutputSize);
        return sizeof(float) * (embeddings + norms + linears);
    }

    private static void Right(TableColumn column) => column.RightAligned();

    private static string Megabytes(long? bytes) => bytes is long value ? $"{value / 1e6:N1} MB" : "-";

    private static string Count(double? value) => value is double count ? $"{count:N0}" : "-";

    private static string Share(double? value) => value is double share ? $"{share:0.000}" : "-";
}
