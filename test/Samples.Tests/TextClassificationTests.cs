// The sample is itself a test, of two processes that have to agree; here it runs on a tiny model, and without one.
using System.Diagnostics;
using Samples.Common;

namespace Samples.Tests;

public sealed class TextClassificationTests
{
    [Fact]
    public async Task ASecondProcessPredictsTheSame()
    {
        string model = Path.Combine(RepositoryFiles.Root, "test", "Microsoft.ML.Ternary.Tests", "Golden", "tiny", "st-mean");
        (int exitCode, string output, string error) = await Run("--model", model, "--glosses", "400");
        Assert.True(exitCode == 0, error);
        Assert.Contains("Accuracy on ", output);
        Assert.Matches(@"the same to the last bit, for (\d+) of \1 glosses", output);
    }

    [Fact]
    public async Task WithoutAModelItSaysWhatIsMissing()
    {
        (int exitCode, _, string error) = await Run("--model", "no-such.ternary");
        Assert.Equal(1, exitCode);
        Assert.Contains("no-such.ternary", error);
        Assert.Contains("--model", error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "TextClassification.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        string error = await process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, error);
    }
}
