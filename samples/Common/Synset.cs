// WordNet as the samples use it: glosses, examples and lemma lists are what models are trained on and searched with.
namespace Samples.Common;

/// <summary>One WordNet synset: words of one meaning.</summary>
/// <param name="Id">Part of speech and offset in WordNet 3.0, such as n04401088.</param>
/// <param name="LexicographerClass">One of 45 classes, such as noun.artifact.</param>
/// <param name="Lemmas">The words and phrases that mean it.</param>
/// <param name="Hypernyms">The ids of the broader synsets.</param>
/// <param name="Gloss">The definition.</param>
/// <param name="Examples">Sentences that use it.</param>
public sealed record Synset(
    string Id, string LexicographerClass, string[] Lemmas, string[] Hypernyms, string Gloss, string[] Examples)
{
    /// <summary>The document that stands for the synset in the reverse dictionary: its lemmas, "a, b, c".</summary>
    public string LemmaList => string.Join(", ", Lemmas);

    /// <summary>Reads all synsets, in the order of the file.</summary>
    public static List<Synset> ReadAll(string path) =>
        [.. TabSeparatedFile.Read(path, "synset\tlexname\tlemmas\thypernyms\tgloss\texamples")
            .Select(row => new Synset(row[0], row[1], Split(row[2]), Split(row[3]), row[4], Split(row[5])))];

    private static string[] Split(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries);
}
