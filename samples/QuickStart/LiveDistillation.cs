// Distillation as a user writes it: an estimator on a text column. Training reports as it goes; here each report that has
// something new becomes a line.
using Microsoft.ML;
using Microsoft.ML.Ternary;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Samples.QuickStart;

internal static class LiveDistillation
{
    public static void Run(
        MLContext ml, EmbeddingModel teacher, IReadOnlyList<string> corpus, IReadOnlyList<string> heldOut, int seconds, string output, CancellationToken cancellation)
    {
        IDataView unlabelled = ml.Data.LoadFromEnumerable(corpus.Select(text => new TextRow { Text = text }));
        TernaryDistillEstimator estimator = ml.Transforms.Text.DistillTernaryEmbedding("Embedding", "Text", new TernaryDistillOptions
        {
            TeacherModel = teacher,
            Distillation = new DistillationOptions { TimeBudget = TimeSpan.FromSeconds(seconds), HeldOut = heldOut },
            Progress = new ProgressLines(),
            CancellationToken = cancellation,
        });
        TernaryEmbeddingTransformer student = estimator.Fit(unlabelled);
        student.SaveModel(output);
        DistillationReport report = student.Report!;
        Screen.Say($"{report.Tokens:N0} tokens in {report.Seconds:N0} s, {report.TokensPerSecond:N0} a second. "
            + $"Cosine to the teacher on held-out definitions {report.CosineMean:0.000}; {report.ZeroShare:P0} of the weights are zero.");
    }

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }

    // Called after every step: a line for each new cosine, and for the loss every few seconds.
    private sealed class ProgressLines : IProgress<DistillationProgress>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
        private TimeSpan _last = -Interval;
        private double? _cosine;

        public void Report(DistillationProgress value)
        {
            if (value.Warning is string warning)
            {
                Screen.Say(warning);
                return;
            }
            bool measured = value.HeldOutCosine != _cosine;
            if (!measured && value.Elapsed - _last < Interval)
                return;
            (_last, _cosine) = (value.Elapsed, value.HeldOutCosine);
            string step = value.TotalSteps > 0 ? $"{value.Step,5:N0} of {value.TotalSteps:N0}" : $"{value.Step,5:N0}";
            string cosine = measured ? $"held-out cosine {value.HeldOutCosine:0.000}" : "";
            Screen.Say($"{value.Elapsed.TotalSeconds,4:0} s  step {step,-13} loss {value.Loss:0.000}  {value.TokensPerSecond,5:N0} tokens/s  {cosine}".TrimEnd());
        }
    }
}
