// What no model of this repository is trained on, so that every figure is measured on unseen text: one list for all.
using System.Text;
using Samples.Common.Corpus;

namespace Samples.Common;

/// <summary>The synsets, books and package descriptions held out from all training.</summary>
public static class HeldOut
{
    /// <summary>The books of the Bible held out.</summary>
    public static IReadOnlyList<string> Books { get; } = ["Mark", "Romans", "Proverbs", "Isaiah"];

    /// <summary>Reads the ids of the synsets held out: one a line, lines that begin with # are comments.</summary>
    public static List<string> ReadSynsetIds(string path) =>
        [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>The glosses of the synsets held out, in the order of WordNet's file.</summary>
    public static List<string> Glosses()
    {
        HashSet<string> ids = [.. ReadSynsetIds(RepositoryFiles.HeldOutSynsets)];
        return [.. Synset.ReadAll(RepositoryFiles.WordNet).Where(synset => ids.Contains(synset.Id)).Select(synset => synset.Gloss)];
    }

    /// <summary>Draws synsets to hold out, sorted by id.</summary>
    /// <remarks>Drawn from those that make a fair question of the reverse dictionary: the gloss has at least
    /// <paramref name="minGlossWords"/> words, and neither it nor the lemma list belongs to another synset too.</remarks>
    /// <exception cref="ArgumentException">There are fewer than <paramref name="count"/> such synsets.</exception>
    public static List<Synset> Draw(IReadOnlyList<Synset> synsets, int count, int seed, int minGlossWords = 5)
    {
        Dictionary<string, int> glosses = Count(synsets.Select(synset => synset.Gloss));
        Dictionary<string, int> lemmaLists = Count(synsets.Select(synset => synset.LemmaList));
        Synset[] fair = [.. synsets.Where(synset => Text.CountWords(synset.Gloss) >= minGlossWords
            && glosses[synset.Gloss] == 1 && lemmaLists[synset.LemmaList] == 1)];
        if (fair.Length < count)
            throw new ArgumentException($"Only {fair.Length} synsets can be held out, fewer than {count}.", nameof(count));
        new Random(seed).Shuffle(fair);
        return [.. fair.Take(count).OrderBy(synset => synset.Id, StringComparer.Ordinal)];
    }

    /// <summary>Whether a package is held out: one in fifty, told by its description alone, so that no list need be shipped.</summary>
    /// <remarks>Packages built from one source open with the same sentence (and often share whole paragraphs), so that sentence
    /// decides for the whole family: if each package's short description decided, half of those held out would have paragraphs
    /// in the corpus.</remarks>
    public static bool Includes(PackageDescription package) => Fnv1a(package.Opening.ToLowerInvariant()) % 50 == 0;

    // string.GetHashCode differs from run to run; this one never changes (FNV-1a, 32 bits, over UTF-8).
    private static uint Fnv1a(string text)
    {
        uint hash = 2166136261;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ value) * 16777619;
        return hash;
    }

    private static Dictionary<string, int> Count(IEnumerable<string> texts) =>
        texts.CountBy(text => text, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
}
