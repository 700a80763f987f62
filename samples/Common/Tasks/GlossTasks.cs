// A dictionary asks many questions: which word, which kind of thing, what broader thing. Questions are the definitions that no
// model is trained on; what they are answered with may have been seen, as in any use.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Common.Tasks;

/// <summary>Tasks of WordNet's held-out glosses.</summary>
public static class GlossTasks
{
    private const int Entries = 20_000;
    private const int Seed = 1;

    /// <summary>Gloss to the lemma list that it defines.</summary>
    public static BuiltInTask ReverseDictionary(TaskSources sources)
    {
        ReverseDictionary dictionary = Common.ReverseDictionary.Draw(sources.Synsets, sources.HeldOutIds, Entries, sources.HeldOutIds.Count);
        RetrievalDraft draft = new("reverse-dictionary");
        foreach (Synset entry in dictionary.Entries)
            draft.AddDocument(entry.Id, entry.LemmaList);
        foreach ((string gloss, int row) in dictionary.Definitions.Zip(dictionary.Answers))
            draft.AddQuery(dictionary.Entries[row].Id, gloss, dictionary.Entries[row].Id);
        return new BuiltInTask(draft.Build(), FormattableString.Invariant(
            $"{draft.Queries:N0} held-out WordNet definitions to the words that they define, among the word lists of {draft.Documents:N0} entries."));
    }

    /// <summary>Gloss to the gloss of the broader synset.</summary>
    /// <remarks>The corpus holds no held-out gloss, so that a question is not among its answers; synsets of one gloss are one document.</remarks>
    public static BuiltInTask Hypernym(TaskSources sources)
    {
        HashSet<string> heldOut = [.. sources.HeldOutIds];
        Dictionary<string, Synset> byId = sources.Synsets.ToDictionary(synset => synset.Id);
        HashSet<string> broader = [.. sources.HeldOutSynsets.SelectMany(synset => synset.Hypernyms).Where(id => !heldOut.Contains(id))];
        Synset[] pool = [.. sources.Synsets.Where(synset => !heldOut.Contains(synset.Id))];
        new Random(Seed).Shuffle(pool);
        RetrievalDraft draft = new("gloss-hypernym");
        Dictionary<string, string> documents = new(StringComparer.OrdinalIgnoreCase);
        foreach (Synset synset in pool.OrderBy(synset => broader.Contains(synset.Id) ? 0 : 1)
            .DistinctBy(synset => synset.Gloss, StringComparer.OrdinalIgnoreCase).Take(Entries).OrderBy(synset => synset.Id, StringComparer.Ordinal))
        {
            documents.Add(synset.Gloss, synset.Id);
            draft.AddDocument(synset.Id, synset.Gloss);
        }
        foreach (Synset synset in sources.HeldOutSynsets)
        {
            string[] relevant = [.. synset.Hypernyms.Where(broader.Contains).Select(id => documents[byId[id].Gloss]).Distinct()];
            if (relevant.Length > 0)
                draft.AddQuery(synset.Id, synset.Gloss, relevant);
        }
        return new BuiltInTask(draft.Build(), FormattableString.Invariant(
            $"{draft.Queries:N0} held-out WordNet definitions to the definition of the broader thing, among {draft.Documents:N0}."));
    }

    /// <summary>Whether a gloss and a lemma list belong together; where they do not, the lemma list is that of a sibling, a synset of
    /// the same hypernym.</summary>
    public static BuiltInTask LemmaPairs(TaskSources sources)
    {
        HashSet<string> heldOut = [.. sources.HeldOutIds];
        ILookup<string, Synset> children = sources.Synsets.Where(synset => !heldOut.Contains(synset.Id))
            .SelectMany(synset => synset.Hypernyms.Select(hypernym => (hypernym, synset))).ToLookup(pair => pair.hypernym, pair => pair.synset);
        Random random = new(Seed);
        List<LabeledPair> pairs = [];
        foreach (Synset synset in sources.HeldOutSynsets)
        {
            Synset[] siblings = [.. synset.Hypernyms.SelectMany(id => children[id]).Where(sibling => !sibling.Lemmas.Intersect(synset.Lemmas).Any())];
            if (siblings.Length == 0)
                continue;
            pairs.Add(new LabeledPair(true, synset.Gloss, synset.LemmaList));
            pairs.Add(new LabeledPair(false, synset.Gloss, siblings[random.Next(siblings.Length)].LemmaList));
        }
        return new BuiltInTask(new PairClassificationTask("lemma-pairs", pairs), FormattableString.Invariant(
            $"{pairs.Count:N0} pairs of a held-out WordNet definition and a word list: half its own, half that of a sibling with the same broader thing."));
    }
}
