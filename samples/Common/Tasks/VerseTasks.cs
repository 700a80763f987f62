// The Bible in two translations is a retrieval task as it lies there: the same verse in words of 1611 and of today. The hard
// subset leaves out the verses whose words agree, which any lexical search finds.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Common.Tasks;

/// <summary>Tasks of the modern verses of the held-out books.</summary>
public static class VerseTasks
{
    // What "hard" means: few words in common, neither very short nor very long.
    private const double MaxJaccard = 0.4;
    private const int MinWords = 5, MaxWords = 60;

    private const int VersesOfPassage = 10;

    // As many as fit 256 tokens: these verses have up to 1.4 tokens a word.
    private const int WordsOfPassage = 170;

    private const int OtherPassages = 1_000;
    private const int Seed = 1;

    /// <summary>Modern verse to the same King James verse, among all.</summary>
    public static BuiltInTask Retrieval(TaskSources sources)
    {
        RetrievalDraft draft = new("verse-retrieval");
        foreach (Verse verse in sources.Verses)
            draft.AddDocument(Id(verse), verse.KingJames);
        foreach (Verse verse in HardQueries(sources.Verses))
            draft.AddQuery(Id(verse), verse.Modern, Id(verse));
        return new BuiltInTask(draft.Build(), FormattableString.Invariant(
            $"{draft.Queries:N0} modern verses of books held out from training, of those that share few words with the King James version, to the same verse among all {draft.Documents:N0} King James verses."));
    }

    /// <summary>Modern verse, hard or not, to the passage of up to ten King James verses that holds it.</summary>
    public static BuiltInTask LongPassages(TaskSources sources)
    {
        Verse[][] passages = [.. Passages(sources.Verses)];
        Verse[][] others = [.. passages.Where(passage => !HeldOut.Books.Contains(passage[0].Book))];
        new Random(Seed).Shuffle(others);
        RetrievalDraft draft = new("long-passages");
        Dictionary<string, string> passageOf = [];
        foreach (Verse[] passage in passages.Where(passage => HeldOut.Books.Contains(passage[0].Book)).Concat(others.Take(OtherPassages)))
        {
            draft.AddDocument(Id(passage[0]), string.Join(' ', passage.Select(verse => verse.KingJames)));
            foreach (Verse verse in passage)
                passageOf.Add(Id(verse), Id(passage[0]));
        }
        foreach (Verse verse in Queries(sources.Verses))
            draft.AddQuery(Id(verse), verse.Modern, passageOf[Id(verse)]);
        return new BuiltInTask(draft.Build(), FormattableString.Invariant(
            $"{draft.Queries:N0} modern verses of books held out from training to the passage that holds the verse, among {draft.Documents:N0} King James passages of up to ten consecutive verses, as many as fit 256 tokens."));
    }

    /// <summary>The verses of the held-out books whose two translations have few words in common.</summary>
    public static IEnumerable<Verse> HardQueries(IEnumerable<Verse> verses) =>
        Queries(verses).Where(verse => Jaccard(Words(verse.KingJames), Words(verse.Modern)) < MaxJaccard);

    private static IEnumerable<Verse> Queries(IEnumerable<Verse> verses) =>
        verses.Where(verse => HeldOut.Books.Contains(verse.Book) && Text.CountWords(verse.Modern) is >= MinWords and <= MaxWords);

    /// <summary>Consecutive verses of one chapter, each verse in one passage.</summary>
    private static IEnumerable<Verse[]> Passages(IEnumerable<Verse> verses)
    {
        List<Verse> passage = [];
        int words = 0;
        foreach (Verse verse in verses)
        {
            int more = Text.CountWords(verse.KingJames);
            bool goesOn = passage.Count is > 0 and < VersesOfPassage && words + more <= WordsOfPassage
                && (passage[0].Book, passage[0].Chapter) == (verse.Book, verse.Chapter);
            if (!goesOn && passage.Count > 0)
            {
                yield return [.. passage];
                passage.Clear();
                words = 0;
            }
            passage.Add(verse);
            words += more;
        }
        if (passage.Count > 0)
            yield return [.. passage];
    }

    private static string Id(Verse verse) => FormattableString.Invariant($"{verse.Book} {verse.Chapter}:{verse.Number}");

    private static double Jaccard(HashSet<string> first, HashSet<string> second)
    {
        int common = first.Count(second.Contains);
        return (double)common / Math.Max(1, first.Count + second.Count - common);
    }

    private static HashSet<string> Words(string text) =>
        [.. new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}
