// From folders and names to the tasks of a run.
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common.Tasks;
using Samples.Evaluate.Results;

namespace Samples.Evaluate;

/// <summary>The tasks of a run, with what tables say of each.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Columns">What tables say of each.</param>
/// <param name="Missing">What to say of tasks that this system has no text for.</param>
internal sealed record TaskList(IReadOnlyList<EvaluationTask> Tasks, IReadOnlyList<TaskColumn> Columns, IReadOnlyList<string> Missing)
{
    /// <summary>Reads and makes what the options name.</summary>
    /// <exception cref="ArgumentException">A name fits no task, or two tasks have one name.</exception>
    /// <exception cref="IOException">A folder or a file is missing.</exception>
    /// <exception cref="InvalidDataException">A file's content is not a task's.</exception>
    public static TaskList Create(EvaluateOptions options, TaskSources sources)
    {
        List<(EvaluationTask Task, string Description)> all = [];
        ClassificationOptions? protocol = options.FewShot is int shots ? new ClassificationOptions { FewShot = shots } : null;
        foreach (string folder in options.TaskFolders)
            all.AddRange(TaskFolder.ReadAll(folder, protocol).Select(task => (task, $"{task.Type}, from a folder.")));
        if (options.PublicTasks is string folderOfPublic)
            all.AddRange(PublicTasks.Read(folderOfPublic).Select(task => (task, $"{task.Type}, a public set as distributed.")));
        bool builtIn = options.BuiltIn || all.Count == 0;
        List<string> known = [.. all.Select(item => item.Task.Name), .. builtIn ? BuiltInTasks.Names : []];
        if (options.Only.FirstOrDefault(name => !known.Contains(name)) is string unknown)
            throw new ArgumentException($"--only: there is no task '{unknown}'; there are {string.Join(", ", known)}.");
        if (known.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Two tasks are named '{twice.Key}': rename a folder.");
        bool Wanted(string name) => options.Only.Count == 0 || options.Only.Contains(name);
        all.RemoveAll(item => !Wanted(item.Task.Name));
        if (builtIn)
            all.AddRange(BuiltInTasks.Create([.. BuiltInTasks.Names.Where(Wanted)], sources).Select(task => (task.Task, task.Description)));
        return new TaskList(
            [.. all.Select(item => options.Limit is int limit ? item.Task.Shorten(limit) : item.Task)],
            [.. all.Select(item => new TaskColumn(item.Task.Name, item.Task.MainMetric, item.Description))],
            builtIn ? [.. BuiltInTasks.Unavailable(sources, options.Only)] : []);
    }
}
