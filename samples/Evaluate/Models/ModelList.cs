// From what the command line names to the rows of the tables: teacher first, every row under a name of its own.
using Microsoft.ML.Ternary.Checkpoints;
using Samples.Common;

namespace Samples.Evaluate.Models;

internal static class ModelList
{
    private const string DefaultTeacher = "default-teacher";

    /// <summary>The models to evaluate.</summary>
    /// <param name="named">Names of shipped models, folders, files.</param>
    /// <param name="teacher">What the others are held against; null for the first folder among them, else the shipped teacher.</param>
    /// <param name="baselines">Baselines to add.</param>
    /// <exception cref="FileNotFoundException">There is nothing of a name.</exception>
    /// <exception cref="ArgumentException">There is no such baseline.</exception>
    public static IReadOnlyList<Contender> Create(IReadOnlyList<string> named, string? teacher, IReadOnlyList<string> baselines)
    {
        (string Given, string Path)[] models = [.. named.Distinct().Select(name => (name, Find(name)))];
        (string Given, string Path) first = teacher is not null ? (teacher, Find(teacher))
            : models.FirstOrDefault(model => Directory.Exists(model.Path), (Given: DefaultTeacher, Path: RepositoryFiles.Teacher));
        Lazy<EmbeddingModel> loadedTeacher = new(() => EmbeddingModelFile.Load(first.Path));
        (string Given, string Path)[] all = [first, .. models.Where(model => Path.GetFullPath(model.Path) != Path.GetFullPath(first.Path))];
        string[] names = [.. Unique([.. all.Select(model => model.Given)], baselines)];
        IEnumerable<Contender> contenders = all.Select((model, i) => new Contender(names[i], model.Path, threads => new OpenEncoder(
            i == 0 ? loadedTeacher.Value : EmbeddingModelFile.Load(model.Path), threads, ModelSize.OfPath(model.Path))));
        return [.. contenders, .. Baselines.Create(baselines, loadedTeacher, names[0])];
    }

    private static string Find(string name)
    {
        if (RepositoryFiles.Models.TryGetValue(name, out string? path))
            return Exists(path) ? path : throw new FileNotFoundException($"--model {name}: this copy of the repository has no {Path.GetRelativePath(RepositoryFiles.Root, path)}.");
        return Exists(name) ? name : throw new FileNotFoundException(
            $"--model {name}: there is no such folder or file. Name a Hugging Face folder, a ternary file, or one of {string.Join(", ", RepositoryFiles.Models.Keys)}.");
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    // The last part of a path is what people call a model; where two agree in it, the part before tells them apart.
    private static IEnumerable<string> Unique(string[] given, IReadOnlyList<string> taken)
    {
        HashSet<string> used = [.. taken];
        foreach (string path in given)
        {
            string[] parts = path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
            string name = parts.Length == 0 ? path : parts[^1];
            for (int more = 2; used.Contains(name) && more <= parts.Length; more++)
                name = string.Join('/', parts[^more..]);
            for (int number = 2; !used.Add(name); number++)
                name = $"{parts[^1]} ({number})";
            yield return name;
        }
    }
}
