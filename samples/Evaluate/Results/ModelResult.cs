// What one row of the tables knows; it fills while the model is evaluated, and keeps what it has if something fails.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Evaluate.Results;

/// <summary>One model's figures so far.</summary>
/// <param name="name">What tables and files call it.</param>
internal sealed class ModelResult(string name)
{
    public string Name => name;

    /// <summary>What a reader should know of how it was made or runs; empty for nothing.</summary>
    public string Note { get; set; } = "";

    /// <summary>For each task evaluated, its figures, the main one first.</summary>
    public Dictionary<string, IReadOnlyList<EvaluationScore>> Scores { get; } = [];

    /// <summary>How near its embeddings of the held-out glosses are to the teacher's; null where it has none.</summary>
    public TeacherAgreement? Agreement { get; set; }

    /// <summary>The cosine of each gloss; empty where the two have different numbers of components.</summary>
    public double[] Cosines { get; set; } = [];

    /// <summary>Bytes on the disk.</summary>
    public long? SizeBytes { get; set; }

    /// <summary>Steps and losses of its distillation, if its file tells.</summary>
    public IReadOnlyList<(double Step, double Loss)> LossCurve { get; set; } = [];

    /// <summary>What went wrong, each naming what it happened to.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>The main metric on a task, or null.</summary>
    public double? Main(string task) => Scores.TryGetValue(task, out IReadOnlyList<EvaluationScore>? scores) ? scores[0].Value : null;
}
