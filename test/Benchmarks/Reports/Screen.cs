// How the program speaks: results on standard output, progress on standard error, so that either can be sent elsewhere.
using Spectre.Console;

namespace Benchmarks.Reports;

internal static class Screen
{
    // What a table of eight engines needs; Spectre.Console assumes 80 columns where the output goes to a file.
    private const int WidthOfFiles = 240;

    static Screen()
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = WidthOfFiles;
    }

    /// <summary>A sentence on standard output.</summary>
    public static void Say(string sentence) => AnsiConsole.WriteLine(sentence);

    /// <summary>A table on standard output.</summary>
    public static void Write(Table table) => AnsiConsole.Write(table);

    /// <summary>A line of progress on standard error.</summary>
    public static void Progress(string line) => Console.Error.WriteLine(line);
}
