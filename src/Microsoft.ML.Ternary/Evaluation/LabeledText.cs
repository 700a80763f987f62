// What classification and clustering are made of.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>A text with its class.</summary>
/// <param name="Label">The class.</param>
/// <param name="Text">The text.</param>
public sealed record LabeledText(string Label, string Text);
