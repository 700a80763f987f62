// WordNet files every synset under one of 45 lexicographer classes, from noun.animal to verb.weather: what kind of thing a definition
// defines is a question with one right answer.
using Microsoft.ML.Ternary.Evaluation;

namespace Samples.Common.Tasks;

/// <summary>Tasks of the lexicographer classes.</summary>
public static class GlossClassTasks
{
    private const int TrainingGlossesOfClass = 100;
    private const int MinClusterSize = 20;
    private const int Seed = 1;

    /// <summary>Gloss to its class, learned from other glosses.</summary>
    public static BuiltInTask Classification(TaskSources sources)
    {
        HashSet<string> heldOut = [.. sources.HeldOutIds];
        HashSet<string> asked = [.. sources.HeldOutSynsets.Select(synset => synset.Gloss)];
        Synset[] pool = [.. sources.Synsets.Where(synset => !heldOut.Contains(synset.Id) && !asked.Contains(synset.Gloss))];
        new Random(Seed).Shuffle(pool);
        LabeledText[] train = [.. pool.GroupBy(synset => synset.LexicographerClass).OrderBy(group => group.Key, StringComparer.Ordinal)
            .SelectMany(group => group.Take(TrainingGlossesOfClass)).Select(Labeled)];
        LabeledText[] test = [.. sources.HeldOutSynsets.Select(Labeled)];
        return new BuiltInTask(new ClassificationTask("gloss-class", train, test), FormattableString.Invariant(
            $"{test.Length:N0} held-out WordNet definitions to one of {train.DistinctBy(text => text.Label).Count()} lexicographer classes, by logistic regression on {train.Length:N0} other definitions, at most {TrainingGlossesOfClass} of a class."));
    }

    /// <summary>Held-out glosses of the larger classes.</summary>
    public static BuiltInTask Clustering(TaskSources sources)
    {
        IGrouping<string, Synset>[] classes = [.. sources.HeldOutSynsets.GroupBy(synset => synset.LexicographerClass)
            .Where(group => group.Count() >= MinClusterSize)];
        LabeledText[] texts = [.. classes.SelectMany(group => group).OrderBy(synset => synset.Id, StringComparer.Ordinal).Select(Labeled)];
        return new BuiltInTask(new ClusteringTask("gloss-clustering", texts), FormattableString.Invariant(
            $"{texts.Length:N0} held-out WordNet definitions of the {classes.Length} lexicographer classes with at least {MinClusterSize} of them, by k-means."));
    }

    private static LabeledText Labeled(Synset synset) => new(synset.LexicographerClass, synset.Gloss);
}
