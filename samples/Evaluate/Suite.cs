// The run itself: model by model, so that one is in memory at a time, and every result is kept at once, so that what fails or is
// stopped later costs nothing that was there before.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Evaluate.Models;
using Samples.Evaluate.Results;

namespace Samples.Evaluate;

internal sealed class Suite(IReadOnlyList<EvaluationTask> tasks, IReadOnlyList<string> glosses, int threads, ProgressLine progress)
{
    /// <summary>Evaluates models.</summary>
    /// <param name="contenders">The models, the teacher first.</param>
    /// <param name="results">Receives a row a model, which is filled as the run goes on.</param>
    /// <param name="afterEach">Called when a model is done.</param>
    /// <param name="cancellation">Stops the run between two batches.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled; the results so far are there.</exception>
    public void Run(IReadOnlyList<Contender> contenders, List<ModelResult> results, Action afterEach, CancellationToken cancellation)
    {
        TeacherOnGlosses? teacher = null;
        foreach (Contender contender in contenders)
        {
            ModelResult result = new(contender.Name);
            results.Add(result);
            Try(result, $"{contender.Name} ({contender.Source})", () =>
            {
                using IOpenModel model = contender.Open(threads);
                model.Describe(result);
                Evaluate(model, result, cancellation);
                if (model.Embedder is not ITextEmbedder embedder || glosses.Count < 2)
                    return;
                if (results.Count == 1)
                    teacher = new TeacherOnGlosses(embedder, glosses, cancellation);
                teacher?.Compare(embedder, result, cancellation);
            });
            afterEach();
        }
    }

    private void Evaluate(IOpenModel model, ModelResult result, CancellationToken cancellation)
    {
        for (int i = 0; i < tasks.Count; i++)
        {
            EvaluationTask task = tasks[i];
            cancellation.ThrowIfCancellationRequested();
            Try(result, $"{result.Name}, task {task.Name}", () =>
            {
                Stopwatch clock = Stopwatch.StartNew();
                progress.Begin($"{result.Name}  {i + 1}/{tasks.Count} {task.Name}");
                if (model.Evaluate(task, progress, cancellation) is not IReadOnlyList<EvaluationScore> scores)
                    return;
                if (scores.FirstOrDefault(score => !double.IsFinite(score.Value)) is EvaluationScore wrong)
                    throw new InvalidOperationException($"{wrong.Metric} is {wrong.Value}.");
                result.Scores[task.Name] = scores;
                progress.Say(string.Create(CultureInfo.InvariantCulture,
                    $"{result.Name}  {i + 1}/{tasks.Count} {task.Name}: {scores[0].Metric} {scores[0].Value:0.0000} ({clock.Elapsed.TotalSeconds:0.0} s)"));
            });
        }
    }

    // Whatever a model or a task does wrong is theirs alone: hours of others' results must not be lost to it.
    private void Try(ModelResult result, string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            result.Failures.Add($"{what}: {e.Message}");
            progress.Say($"FAILED {what}: {e.Message}");
        }
    }
}
