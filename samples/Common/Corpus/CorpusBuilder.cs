// Gathers the sources, leaves out what is held out wherever it appears, and mixes: each text once, in an order fixed by
// the seed, so that a model can be distilled again from the same data.
namespace Samples.Common.Corpus;

/// <summary>Builds a corpus from dictionary, verses and package descriptions.</summary>
public sealed class CorpusBuilder
{
    private readonly IReadOnlyList<Synset> _synsets;
    private readonly IReadOnlyList<Verse> _verses;
    private readonly IReadOnlyList<PackageDescription> _packages;
    private readonly List<string> _heldOutGlosses;
    private readonly HashSet<string> _forbidden = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];
    private readonly List<CorpusPart> _parts = [];

    /// <summary>Takes the sources, and the ids of the synsets that are held out; so are <see cref="HeldOut.Books"/>, and
    /// the packages that <see cref="HeldOut.Includes"/> tells.</summary>
    /// <exception cref="InvalidDataException">A held-out synset is not among the synsets.</exception>
    public CorpusBuilder(
        IReadOnlyList<Synset> synsets, IReadOnlyList<Verse> verses, IReadOnlyList<PackageDescription> packages, IReadOnlyList<string> heldOutIds)
    {
        Dictionary<string, Synset> byId = synsets.ToDictionary(synset => synset.Id);
        List<Synset> heldOut = [.. heldOutIds.Select(id => byId.GetValueOrDefault(id)
            ?? throw new InvalidDataException($"The held-out synset {id} is not in WordNet's table."))];
        HashSet<string> excluded = [.. heldOutIds];
        _heldOutGlosses = [.. heldOut.Select(synset => Text.OnOneLine(synset.Gloss))];
        foreach (Synset synset in heldOut)
            _forbidden.UnionWith([Text.OnOneLine(synset.Gloss), Text.OnOneLine(synset.LemmaList), .. synset.Examples.Select(Text.OnOneLine)]);
        foreach (Verse verse in verses.Where(verse => HeldOut.Books.Contains(verse.Book)))
            _forbidden.UnionWith([Text.OnOneLine(verse.KingJames), Text.OnOneLine(verse.Modern)]);
        foreach (PackageDescription package in packages.Where(HeldOut.Includes))
            _forbidden.UnionWith([Text.OnOneLine(package.Short), Text.OnOneLine(package.Long)]);
        _synsets = [.. synsets.Where(synset => !excluded.Contains(synset.Id))];
        _verses = [.. verses.Where(verse => !HeldOut.Books.Contains(verse.Book))];
        _packages = [.. packages.Where(package => !HeldOut.Includes(package))];
    }

    /// <summary>Mixes the corpus, with <paramref name="longTexts"/> longer texts joined from shorter ones.</summary>
    public TrainingCorpus Build(int longTexts, int seed)
    {
        Random random = new(seed);
        Add("glosses", _synsets.Select(synset => synset.Gloss));
        Add("examples", _synsets.SelectMany(synset => synset.Examples));
        Add("lemma lists", _synsets.Select(synset => synset.LemmaList));
        Add("King James verses", _verses.Select(verse => verse.KingJames));
        Add("modern verses", _verses.Select(verse => verse.Modern));
        Add("short descriptions", _packages.Select(package => package.Short));
        Add("long descriptions", _packages.Select(package => package.Long));
        AddLong(longTexts, random);
        string[] shuffled = [.. _texts];
        random.Shuffle(shuffled);
        return new TrainingCorpus(shuffled, _heldOutGlosses, _parts);
    }

    // The share of each kind of longer text: package descriptions are the most varied prose, so they have the remainder.
    private void AddLong(int count, Random random)
    {
        int verses = count / 4;
        int synsets = count / 4;
        int packages = _packages.Count > 0 ? count - verses - synsets : 0;
        AddLong("long: verses", LongTexts.Chains(_verses, verse => (verse.Book, verse.Chapter)), verses / 2, verse => verse.KingJames, random);
        AddLong("long: modern verses", LongTexts.Chains(_verses, verse => (verse.Book, verse.Chapter)), verses - verses / 2, verse => verse.Modern, random);
        AddLong("long: synsets", LongTexts.Chains(_synsets, synset => synset.LexicographerClass), synsets, Entry, random);
        AddLong("long: descriptions", [_packages], packages, package => package.Long, random);
    }

    private void AddLong<T>(string source, IReadOnlyList<IReadOnlyList<T>> chains, int count, Func<T, string> text, Random random)
    {
        List<List<string>> allowed = [.. chains.Select(chain => chain
            .Select(item => Text.OnOneLine(text(item))).Where(IsAllowed).Distinct().ToList())];
        Add(source, LongTexts.Join(allowed, random), count);
    }

    /// <summary>A synset as a dictionary prints it: what it means, and how it is used.</summary>
    private string Entry(Synset synset) =>
        string.Join(". ", new[] { synset.Gloss }.Concat(synset.Examples).Select(Text.OnOneLine).Where(IsAllowed));

    private void Add(string source, IEnumerable<string> texts, int count = int.MaxValue)
    {
        int added = 0;
        long words = 0;
        foreach (string text in count == 0 ? [] : texts)
        {
            string line = Text.OnOneLine(text);
            if (!IsAllowed(line) || !_seen.Add(line))
                continue;
            _texts.Add(line);
            words += Text.CountWords(line);
            if (++added == count)
                break;
        }
        _parts.Add(new CorpusPart(source, added, words));
    }

    private bool IsAllowed(string line) => line.Length > 0 && !_forbidden.Contains(line);
}
