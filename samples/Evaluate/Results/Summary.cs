// The figures that put many tasks into one number, and what each of them leaves out.
using Shares = Microsoft.ML.Ternary.Evaluation.Retention;

namespace Samples.Evaluate.Results;

/// <summary>One model's summary; what cannot be said is null.</summary>
internal sealed record Summary
{
    // Above this the task says little of the encoder: token embeddings alone nearly solve it.
    private const double ZeroedKeepsMost = 0.8;

    /// <summary>The mean over the tasks of metric / teacher's metric.</summary>
    public double? RetentionMean { get; private init; }

    /// <summary>The least of them.</summary>
    public double? RetentionWorst { get; private init; }

    /// <summary>The tasks that both are over.</summary>
    public int RetentionTasks { get; private init; }

    /// <summary>The mean of (model - zeroed) / (teacher - zeroed) over the tasks where the zeroed encoder keeps less than 0.8.</summary>
    public double? EncoderShare { get; private init; }

    /// <summary>The mean cosine to the teacher on held-out glosses.</summary>
    public double? CosineMean { get; private init; }

    /// <summary>The cosine that 5 % of them stay below.</summary>
    public double? CosineP5 { get; private init; }

    /// <summary>The mean share of a held-out gloss' ten nearest others that both models name.</summary>
    public double? OverlapAt10 { get; private init; }

    /// <summary>Size on the disk in millions of bytes.</summary>
    public double? SizeMegabytes { get; private init; }

    /// <summary>The names and values that are written to files, in order.</summary>
    public IEnumerable<(string Metric, double Value)> Figures =>
        new (string Metric, double? Value)[]
        {
            ("retention_mean", RetentionMean), ("retention_worst", RetentionWorst), ("retention_tasks", RetentionMean is null ? null : RetentionTasks),
            ("encoder_share", EncoderShare), ("cosine_mean", CosineMean), ("cosine_p5", CosineP5), ("overlap_at_10", OverlapAt10), ("size_mb", SizeMegabytes),
        }.Where(figure => figure.Value is not null).Select(figure => (figure.Metric, figure.Value!.Value));

    /// <summary>metric / teacher's metric on a task; null where one of them is missing, or the teacher's is not above 0.</summary>
    public static double? Retention(ModelResult model, ModelResult teacher, string task) =>
        model.Main(task) is double own && teacher.Main(task) is double whole ? Shares.OfTeacher(own, whole) : null;

    public static Summary Of(ModelResult model, ModelResult teacher, ModelResult? zeroed, IReadOnlyList<TaskColumn> tasks)
    {
        double[] retentions = [.. tasks.Select(task => Retention(model, teacher, task.Name)).OfType<double>()];
        double[] shares = [.. tasks.Select(task => Share(model, teacher, zeroed, task.Name)).OfType<double>()];
        return new Summary
        {
            RetentionMean = MeanOrNull(retentions),
            RetentionWorst = retentions.Length == 0 ? null : retentions.Min(),
            RetentionTasks = retentions.Length,
            EncoderShare = MeanOrNull(shares),
            CosineMean = model.Agreement?.CosineMean,
            CosineP5 = model.Agreement?.CosineP5,
            OverlapAt10 = model.Agreement?.NeighborOverlap,
            SizeMegabytes = model.SizeBytes / 1e6,
        };
    }

    private static double? Share(ModelResult model, ModelResult teacher, ModelResult? zeroed, string task)
    {
        if (zeroed?.Main(task) is not double floor || teacher.Main(task) is not (double whole and > 0) || model.Main(task) is not double own)
            return null;
        return floor < ZeroedKeepsMost * whole ? Shares.OfEncoder(own, floor, whole) : null;
    }

    private static double? MeanOrNull(double[] values) => values.Length == 0 ? null : values.Average();
}
