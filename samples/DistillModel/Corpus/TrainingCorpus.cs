// What preparing a corpus yields: the texts in the order of training, and where they come from.
namespace Samples.DistillModel.Corpus;

internal sealed record TrainingCorpus(
    IReadOnlyList<string> Texts, IReadOnlyList<string> HeldOutGlosses, IReadOnlyList<CorpusPart> Parts);

internal sealed record CorpusPart(string Source, int Texts, long Words);
