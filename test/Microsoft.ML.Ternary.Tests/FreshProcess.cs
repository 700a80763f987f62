// What is saved in one process must load in another, which shares nothing with it.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Tests;

internal static class FreshProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Runs LoadInFreshProcess with arguments and lines of input; returns the lines it printed.</summary>
    public static string[] Run(IEnumerable<string> lines, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Program(), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        foreach (string line in lines)
            process.StandardInput.WriteLine(line);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"The fresh process did not end within {Patience}.");
        }
        Assert.True(process.ExitCode == 0, errors.Result);
        return output.Result.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    // Built beside this project, in the same configuration.
    private static string Program()
    {
        string output = Path.GetRelativePath(Path.Combine(TestPaths.Repository, "test", "Microsoft.ML.Ternary.Tests"), AppContext.BaseDirectory);
        return Path.Combine(TestPaths.Repository, "test", "LoadInFreshProcess", output, "LoadInFreshProcess.dll");
    }
}
