// A task made of the data that the repository ships, with what a reader of its figures must know.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Common.Tasks;

/// <summary>A built-in task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Description">What is asked of what, with its counts, in a sentence.</param>
public sealed record BuiltInTask(EvaluationTask Task, string Description);
