// The task: given a definition, find the word. The documents are WordNet's lemma lists; the test questions are definitions
// that no model here was trained on.
namespace Samples.Common;

/// <summary>Entries to search among, and held-out definitions with the rows of the entries that answer them.</summary>
/// <param name="Entries">The entries, sorted by id.</param>
/// <param name="Definitions">The questions.</param>
/// <param name="Answers">For each question the row of its entry.</param>
public sealed record ReverseDictionary(IReadOnlyList<Synset> Entries, IReadOnlyList<string> Definitions, IReadOnlyList<int> Answers)
{
    /// <summary>Questions that a person would ask, with the word that they ask for: it is among the entries.</summary>
    public static IReadOnlyList<(string Question, string Word)> SampleQuestions { get; } =
    [
        ("a device that measures temperature", "thermometer"),
        ("a person who repairs shoes", "cobbler"),
        ("the fear of being shut in a small room", "claustrophobia"),
        ("a doctor who treats children", "pediatrician"),
        ("an instrument for looking at distant stars", "telescope"),
        ("where wine is made", "winery"),
    ];

    private const int Seed = 1;

    /// <summary>The documents, in the order of the entries.</summary>
    public IReadOnlyList<string> Documents { get; } = [.. Entries.Select(entry => entry.LemmaList)];

    /// <summary>Draws entries, always the same ones: those held out, those that answer the sample questions, and others.</summary>
    public static ReverseDictionary Draw(IReadOnlyList<Synset> synsets, IReadOnlyList<string> heldOutIds, int entries, int heldOut)
    {
        Random random = new(Seed);
        string[] ids = [.. heldOutIds];
        random.Shuffle(ids);
        HashSet<string> tested = [.. ids.Take(heldOut)];
        HashSet<string> words = [.. SampleQuestions.Select(sample => sample.Word)];
        Synset[] pool = [.. synsets];
        random.Shuffle(pool);
        List<Synset> drawn = [.. pool
            .OrderBy(synset => tested.Contains(synset.Id) ? 0 : synset.Lemmas.Any(words.Contains) ? 1 : 2)
            .DistinctBy(synset => synset.LemmaList, StringComparer.OrdinalIgnoreCase)
            .Take(entries)
            .OrderBy(synset => synset.Id, StringComparer.Ordinal)];
        int[] answers = [.. Enumerable.Range(0, drawn.Count).Where(row => tested.Contains(drawn[row].Id))];
        return new ReverseDictionary(drawn, [.. answers.Select(row => drawn[row].Gloss)], answers);
    }
}
