// Trials that cost nothing, so that what is tested is the scheduling: a metric by formula, a checkpoint that counts steps.
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Experiments;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Experiments;

internal sealed class FakeTrialRunner : ITrialRunner
{
    public static readonly EmbeddingModel Teacher = HuggingFaceFolder.Load(TestPaths.Tiny("st-mean"));
    private static readonly EmbeddingModel Model = ModelTernarizer.Ternarize(Teacher, TernaryScaling.PerRow());

    /// <summary>What a trial is worth after so many steps.</summary>
    public Func<TernaryTrial, int, double> Metric { get; init; } = (trial, steps) => trial.Recipe.LearningRate!.Value + steps * 1e-9;

    public Func<TernaryTrial, ModelCost> CostOf { get; init; } = _ => new ModelCost(1000, 1, 1000);

    /// <summary>Called before each trial is trained.</summary>
    public Action<TernaryTrial, CancellationToken> Before { get; init; } = (_, _) => { };

    /// <summary>Number, rung, steps before and steps after, of each trial trained.</summary>
    public List<(int Trial, int Rung, int From, int To)> Trained { get; } = [];

    public int Costs { get; private set; }

    /// <summary>The greatest number of checkpoints seen at once.</summary>
    public int MostCheckpoints { get; private set; }

    public ModelCost Cost(TernaryTrial trial, Func<long, bool> fits, CancellationToken cancellation)
    {
        Costs++;
        ModelCost cost = CostOf(trial);
        return fits(cost.Bytes) ? cost : cost with { MillisecondsPerText = 0, TextsPerSecond = 0 };
    }

    public TrialOutcome Run(TernaryTrial trial, TimeSpan time, string checkpoint, IProgress<DistillationProgress> progress, CancellationToken cancellation)
    {
        int from = File.Exists(checkpoint) ? int.Parse(File.ReadAllText(checkpoint), CultureInfo.InvariantCulture) : 0;
        Before(trial, cancellation);
        cancellation.ThrowIfCancellationRequested();
        int steps = trial.Steps > 0 ? trial.Steps : Math.Max(1, (int)(time.TotalSeconds * 1000));
        progress.Report(new DistillationProgress(steps, steps, 0, 1, 1, null, 1, 1, default, default));
        File.WriteAllText(checkpoint, steps.ToString(CultureInfo.InvariantCulture));
        MostCheckpoints = Math.Max(MostCheckpoints, Directory.GetFiles(Path.GetDirectoryName(checkpoint)!, "*.checkpoint").Length);
        Trained.Add((trial.Number, trial.Rung, from, steps));
        return new TrialOutcome(Metric(trial, steps), Model, CostOf(trial).Bytes, steps, steps * 100L, steps * 1e-3, 0.5);
    }
}
