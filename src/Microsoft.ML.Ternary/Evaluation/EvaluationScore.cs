// What a task says of a model: figures under the names that MTEB gives them.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>One figure of a model on a task.</summary>
/// <param name="Metric">The metric by MTEB's name, such as <c>cosine_spearman</c> or <c>ndcg_at_10</c>.</param>
/// <param name="Value">Its value as a fraction: correlations from -1 to 1, all others from 0 to 1, more is better.</param>
public sealed record EvaluationScore(string Metric, double Value);
