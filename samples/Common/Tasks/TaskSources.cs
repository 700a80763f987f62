// The texts that built-in tasks are made of, read once and only where a task asks for them.
using Samples.Common.Corpus;

namespace Samples.Common.Tasks;

/// <summary>The dictionary, the verses and the package descriptions, and what is held out of each.</summary>
public sealed class TaskSources
{
    private readonly Lazy<IReadOnlyList<Synset>> _synsets;
    private readonly Lazy<IReadOnlyList<string>> _heldOutIds;
    private readonly Lazy<IReadOnlyList<Verse>> _verses;
    private readonly Lazy<IReadOnlyList<PackageDescription>> _packages;

    /// <summary>Takes the texts as they will be asked for; by default those of the repository and of this system's apt.</summary>
    public TaskSources(
        Func<IReadOnlyList<Synset>>? synsets = null,
        Func<IReadOnlyList<string>>? heldOutIds = null,
        Func<IReadOnlyList<Verse>>? verses = null,
        Func<IReadOnlyList<PackageDescription>>? packages = null)
    {
        _synsets = new(synsets ?? (() => Synset.ReadAll(RepositoryFiles.WordNet)));
        _heldOutIds = new(heldOutIds ?? (() => HeldOut.ReadSynsetIds(RepositoryFiles.HeldOutSynsets)));
        _verses = new(verses ?? (() => Verse.ReadAll(RepositoryFiles.Verses)));
        _packages = new(packages ?? (() => PackageDescriptions.Read([PackageDescriptions.DefaultFolder])));
    }

    /// <summary>All synsets.</summary>
    public IReadOnlyList<Synset> Synsets => _synsets.Value;

    /// <summary>The ids of those held out.</summary>
    public IReadOnlyList<string> HeldOutIds => _heldOutIds.Value;

    /// <summary>All verses; <see cref="HeldOut.Books"/> are held out.</summary>
    public IReadOnlyList<Verse> Verses => _verses.Value;

    /// <summary>All package descriptions, none where the system has none; <see cref="HeldOut.Includes"/> tells which are held out.</summary>
    public IReadOnlyList<PackageDescription> Packages => _packages.Value;

    /// <summary>The synsets held out, in the order of the table.</summary>
    public IReadOnlyList<Synset> HeldOutSynsets
    {
        get
        {
            HashSet<string> ids = [.. HeldOutIds];
            return [.. Synsets.Where(synset => ids.Contains(synset.Id))];
        }
    }
}
