// What preparing a corpus yields: the texts in the order of training, and where they come from.
namespace Samples.Common.Corpus;

/// <summary>Text to train on.</summary>
/// <param name="Texts">The texts, shuffled, each once.</param>
/// <param name="HeldOutGlosses">Glosses to compare teacher and student on, none of them among the texts.</param>
/// <param name="Parts">What each source contributed.</param>
public sealed record TrainingCorpus(
    IReadOnlyList<string> Texts, IReadOnlyList<string> HeldOutGlosses, IReadOnlyList<CorpusPart> Parts);

/// <summary>What one source contributed to a corpus.</summary>
public sealed record CorpusPart(string Source, int Texts, long Words);
