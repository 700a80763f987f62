// Models see texts of many lengths, dictionaries hold short ones: passages of 70 to 250 tokens are made by joining
// neighbours of one source, so that a passage has one subject.
namespace Samples.Common.Corpus;

/// <summary>Makes passages of neighbours.</summary>
public static class LongTexts
{
    // About 70 and 250 tokens at 1.3 tokens a word.
    private const int MinWords = 55;
    private const int MaxWords = 190;

    /// <summary>Splits a sequence into runs of neighbours that share a key.</summary>
    public static IReadOnlyList<IReadOnlyList<T>> Chains<T, TKey>(IEnumerable<T> items, Func<T, TKey> key)
        where TKey : notnull
    {
        List<List<T>> chains = [];
        TKey? last = default;
        foreach (T item in items)
        {
            TKey current = key(item);
            if (chains.Count == 0 || !EqualityComparer<TKey>.Default.Equals(last, current))
                chains.Add([]);
            chains[^1].Add(item);
            last = current;
        }
        return chains;
    }

    /// <summary>Endless passages: each starts anywhere in the source and goes on with what follows in the same chain,
    /// until it has a length drawn between the two bounds; passages that stay shorter or grow longer are dropped.</summary>
    /// <remarks>Ends early only when the source yields no passage of that length any more.</remarks>
    public static IEnumerable<string> Join(IReadOnlyList<IReadOnlyList<string>> chains, Random random)
    {
        (int Chain, int Item)[] starts = [.. chains.SelectMany((chain, i) => chain.Select((_, j) => (i, j)))];
        for (int misses = 0; misses < 1000 && starts.Length > 0;)
        {
            (int chain, int item) = starts[random.Next(starts.Length)];
            string? passage = Passage(chains[chain], item, random.Next(MinWords, MaxWords + 1));
            misses = passage is null ? misses + 1 : 0;
            if (passage is not null)
                yield return passage;
        }
    }

    private static string? Passage(IReadOnlyList<string> chain, int start, int target)
    {
        List<string> parts = [];
        int words = 0;
        for (int i = start; i < chain.Count && words < target; i++)
        {
            int more = Text.CountWords(chain[i]);
            if (words + more > MaxWords)
                break;
            parts.Add(EndWithStop(chain[i]));
            words += more;
        }
        return parts.Count >= 2 && words >= MinWords ? string.Join(' ', parts) : null;
    }

    private static string EndWithStop(string text) => text[^1] is '.' or '!' or '?' or ';' or ':' or ',' ? text : text + ".";
}
