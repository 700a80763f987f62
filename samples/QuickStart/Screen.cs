// How the program speaks: a rule for each step, plain sentences in between, and a note of what runs while nothing moves.
using Spectre.Console;

namespace Samples.QuickStart;

internal static class Screen
{
    // What a table of eight figures needs; Spectre.Console assumes 80 columns where the output goes to a file.
    private const int WidthOfFiles = 132;

    private static int _step;

    static Screen()
    {
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = WidthOfFiles;
    }

    public static void Step(string title)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.Write(new Rule($"[bold]{++_step}  {Markup.Escape(title)}[/]").LeftJustified());
    }

    public static void Say(string sentence) => AnsiConsole.WriteLine(sentence);

    /// <summary>Runs work with its name beside a spinner, where the terminal can show one.</summary>
    public static T Working<T>(string name, Func<T> work) => AnsiConsole.Status().Start(Markup.Escape(name), _ => work());
}
