// Memory means little inside a process that holds five models, so each is loaded and used in a process of its own, which
// then tells its largest working set.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;

namespace Samples.QuickStart;

internal static class MemoryProbe
{
    private const string Teacher = "teacher";
    private const string Ternary = "ternary";
    private const string Bm25 = "bm25";

    /// <summary>The largest working set of a process that loads a contender and embeds the sample questions, in bytes.</summary>
    public static long? Measure(Contender contender) => Start(contender is TeacherContender ? Teacher : Ternary, contender.Path);

    /// <summary>The largest working set of a process that indexes the lines of a file, in bytes.</summary>
    public static long? MeasureBm25(string documents) => Start(Bm25, documents);

    /// <summary>What the other process does.</summary>
    public static int RunInChild(string kind, string path)
    {
        string[] texts = [.. ReverseDictionary.SampleQuestions.Select(sample => sample.Question)];
        if (kind == Bm25)
        {
            Bm25Index index = new(File.ReadLines(path));
            foreach (string text in texts)
                index.Search(text, 10);
        }
        else
        {
            using Contender contender = kind == Teacher ? new TeacherContender(kind, path, EmbeddingModelFile.Load(path)) : new TernaryContender(kind, path);
            contender.Embed(texts, Environment.ProcessorCount);
        }
        Console.WriteLine(Process.GetCurrentProcess().PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    // Null where the system does not tell, and the table then has a gap instead of a guess.
    private static long? Start(string kind, string path)
    {
        string program = Environment.ProcessPath!;
        bool hosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] arguments = [.. hosted ? [Environment.GetCommandLineArgs()[0]] : Array.Empty<string>(), "--probe-memory", kind, "--probe-file", path];
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 && long.TryParse(output, NumberStyles.Integer, CultureInfo.InvariantCulture, out long bytes) && bytes > 0 ? bytes : null;
    }
}
