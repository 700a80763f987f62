// Texts to look at a model's activations on, where the user names none: what ships, mixed as for training, nothing held out in it.
using Samples.Common;
using Samples.Common.Corpus;

namespace Samples.DistillModel;

internal static class CalibrationTexts
{
    // Some of the texts are long: positions and attention beyond the first tokens are seen too.
    private const int LongTexts = 20_000;

    /// <summary>Dictionary and verses, in an order fixed by the seed.</summary>
    public static IReadOnlyList<string> BuiltIn(int seed) => new CorpusBuilder(
        Synset.ReadAll(RepositoryFiles.WordNet), Verse.ReadAll(RepositoryFiles.Verses), [], HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets))
        .Build(LongTexts, seed).Texts;
}
