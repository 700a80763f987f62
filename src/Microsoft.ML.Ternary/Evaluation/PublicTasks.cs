// Two public tasks are read as they are distributed, so that figures can be held against published ones.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Reads public tasks as distributed.</summary>
public static class PublicTasks
{
    /// <summary>Examples of a class in MTEB's protocol.</summary>
    private const int FewShot = 8;

    /// <summary>Reads those that a folder holds: STS Benchmark from <c>stsb/sts-test.tsv</c> as the task <c>stsb</c>; Banking77
    /// from <c>banking77/train.csv</c> and <c>banking77/test.csv</c> as <c>banking77</c>, trained on all examples, and
    /// <c>banking77-few-shot</c>, trained on 8 a class, ten times, which is MTEB's protocol.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">Banking77 has one file and not the other, or the folder holds none of the tasks.</exception>
    /// <exception cref="InvalidDataException">A file's content is not what it should be; the message names the line.</exception>
    public static IReadOnlyList<EvaluationTask> Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
        List<EvaluationTask> tasks = [];
        string sts = Path.Combine(folder, "stsb", "sts-test.tsv");
        if (File.Exists(sts))
            tasks.Add(Checked(sts, () => new StsTask("stsb", StsBenchmark.Read(sts))));
        string train = Path.Combine(folder, "banking77", "train.csv"), test = Path.Combine(folder, "banking77", "test.csv");
        if (File.Exists(train) != File.Exists(test))
            throw new FileNotFoundException($"{Path.GetDirectoryName(train)} needs both train.csv and test.csv.", File.Exists(train) ? test : train);
        if (File.Exists(train))
            tasks.AddRange(ReadBanking(train, test));
        return tasks.Count > 0 ? tasks
            : throw new FileNotFoundException($"{folder} holds neither stsb/sts-test.tsv nor banking77/train.csv and test.csv. Folders of one's own tasks are read as such.", sts);
    }

    private static IEnumerable<EvaluationTask> ReadBanking(string train, string test)
    {
        LabeledText[] learn = ReadLabeled(train), classify = ReadLabeled(test);
        yield return Checked(train, () => new ClassificationTask("banking77", learn, classify));
        yield return Checked(train, () => new ClassificationTask("banking77-few-shot", learn, classify, new ClassificationOptions { FewShot = FewShot }));
    }

    private static LabeledText[] ReadLabeled(string path) =>
        [.. CommaSeparatedFile.Read(path, "text", "category").Select(row => new LabeledText(row[1], row[0]))];

    private static EvaluationTask Checked(string path, Func<EvaluationTask> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
