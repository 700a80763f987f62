// Where tuning stands, for whoever shows it or decides to cancel.
namespace Microsoft.ML.Ternary.Ann;

/// <summary>How far tuning has come.</summary>
/// <param name="Trials">Combinations of parameters whose recall is known so far.</param>
/// <param name="Elapsed">Time since it began.</param>
/// <param name="Message">What was found or is being done, in a line.</param>
public readonly record struct AnnTuningProgress(int Trials, TimeSpan Elapsed, string Message);
