// Samples that need libtorch are run as processes in the folder that they were built in, where it lies.
using System.Diagnostics;
using Samples.Common;

namespace Samples.Tests;

internal static class SampleProcess
{
    /// <summary>A sentence-transformers folder of 20,000 random weights.</summary>
    public static string TinyTeacher { get; } = Path.Combine(RepositoryFiles.Root, "test", "Microsoft.ML.Ternary.Tests", "Golden", "tiny", "st-mean");

    /// <summary>Runs a sample to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> Run(string sample, params string[] arguments)
    {
        string output = Path.GetRelativePath(Path.Combine(RepositoryFiles.Root, "test", "Samples.Tests"), AppContext.BaseDirectory);
        string program = Path.Combine(RepositoryFiles.Root, "samples", sample, output, sample + ".dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> printed = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await printed, error);
    }
}
