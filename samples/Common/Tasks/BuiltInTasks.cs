// The tasks that need nothing but a clone of the repository, in the order in which tables show them.
namespace Samples.Common.Tasks;

/// <summary>Tasks made of the data that the repository ships.</summary>
/// <remarks>Each is drawn with fixed seeds, so it is the same everywhere. No model of the repository is trained on their questions
/// (<see cref="HeldOut"/>).</remarks>
public static class BuiltInTasks
{
    /// <summary>The name of the task of package descriptions, which only some systems have.</summary>
    public const string PackageDescriptions = "package-descriptions";

    private static readonly (string Name, Func<TaskSources, BuiltInTask?> Create)[] Makers =
    [
        ("verse-retrieval", VerseTasks.Retrieval),
        ("long-passages", VerseTasks.LongPassages),
        ("reverse-dictionary", GlossTasks.ReverseDictionary),
        ("gloss-hypernym", GlossTasks.Hypernym),
        ("gloss-class", GlossClassTasks.Classification),
        ("gloss-clustering", GlossClassTasks.Clustering),
        ("lemma-pairs", GlossTasks.LemmaPairs),
        (PackageDescriptions, PackageTask.Descriptions),
    ];

    /// <summary>The names of all of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Makers.Select(maker => maker.Name)];

    /// <summary>Makes tasks.</summary>
    /// <param name="names">Which; null for all.</param>
    /// <param name="sources">The texts; null for those of the repository and of this system.</param>
    /// <returns>The tasks in the order of <see cref="Names"/>; <see cref="PackageDescriptions"/> is left out where there are none.</returns>
    /// <exception cref="ArgumentException">There is no task of a name.</exception>
    public static IReadOnlyList<BuiltInTask> Create(IReadOnlyCollection<string>? names = null, TaskSources? sources = null)
    {
        if (names?.FirstOrDefault(name => !Names.Contains(name)) is string unknown)
            throw new ArgumentException($"There is no built-in task '{unknown}'; there are {string.Join(", ", Names)}.", nameof(names));
        sources ??= new TaskSources();
        return [.. Makers.Where(maker => names is null || names.Contains(maker.Name)).Select(maker => maker.Create(sources)).OfType<BuiltInTask>()];
    }

    /// <summary>What to say of the tasks that cannot be made on this system, a sentence each.</summary>
    /// <param name="sources">The texts.</param>
    /// <param name="names">The tasks that are asked for; empty for all.</param>
    public static IEnumerable<string> Unavailable(TaskSources sources, IReadOnlyCollection<string> names)
    {
        if ((names.Count == 0 || names.Contains(PackageDescriptions)) && sources.Packages.Count == 0)
            yield return $"{PackageDescriptions} is left out: apt's index here has no descriptions in English (sudo apt-get update -o Acquire::Languages=en).";
    }
}
