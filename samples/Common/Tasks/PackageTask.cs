// Short and long descriptions of software packages: technical prose, far from dictionary and verses. They are read where apt keeps
// them and never shipped, so the task exists on systems that have them.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common.Corpus;

namespace Samples.Common.Tasks;

/// <summary>The task of package descriptions.</summary>
public static class PackageTask
{
    private const int Documents = 3_000;
    private const int MinQueryWords = 3, MinDocumentWords = 15;
    private const int Seed = 1;

    /// <summary>Short description of a held-out package to its long one; null where the system has no descriptions.</summary>
    /// <remarks>Packages that open alike are one family (<see cref="HeldOut.Includes"/>), of which the first stands for all: the others
    /// would be right answers too.</remarks>
    public static BuiltInTask? Descriptions(TaskSources sources)
    {
        PackageDescription[] families = [.. sources.Packages
            .Select(package => new PackageDescription(Text.OnOneLine(package.Short), Text.OnOneLine(package.Long)))
            .Where(package => Text.CountWords(package.Short) >= MinQueryWords && Text.CountWords(package.Long) >= MinDocumentWords)
            .DistinctBy(package => package.Opening, StringComparer.OrdinalIgnoreCase)
            .DistinctBy(package => package.Short, StringComparer.OrdinalIgnoreCase)
            .DistinctBy(package => package.Long, StringComparer.OrdinalIgnoreCase)];
        PackageDescription[] heldOut = [.. families.Where(HeldOut.Includes)];
        if (heldOut.Length == 0)
            return null;
        PackageDescription[] others = [.. families.Where(package => !HeldOut.Includes(package))];
        new Random(Seed).Shuffle(others);
        RetrievalDraft draft = new("package-descriptions");
        foreach (PackageDescription package in heldOut.Concat(others.Take(Math.Max(0, Documents - heldOut.Length))))
            draft.AddDocument(package.Short, package.Long);
        foreach (PackageDescription package in heldOut)
            draft.AddQuery(package.Short, package.Short, package.Short);
        return new BuiltInTask(draft.Build(), FormattableString.Invariant(
            $"Seen in training by models distilled before packages were held out. {draft.Queries:N0} short descriptions of packages to the long one of the same package, among {draft.Documents:N0}; counts differ from system to system."));
    }
}
