// TuneIndex as its users run it: a process, on files of the two forms it reads.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.Ternary.Ann;

namespace Samples.Tests;

public sealed class TuneIndexTests : IDisposable
{
    private const int Rows = 600, Dimension = 8;

    private readonly string _folder = Directory.CreateTempSubdirectory("tune-index-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("npy")]
    [InlineData("fvecs")]
    public async Task TheFrontierIsPrintedAndTheChoiceSaved(string form)
    {
        (int exit, string output, string error) = await Run("--input", Vectors(form), "--metric", "L2", "--recall", "0.9", "--output", At("x.ann"));
        Assert.True(exit == 0, error);
        Assert.Contains("540 vectors of dimension 8, 60 queries", output);
        Assert.Contains("recall@10", output);
        Assert.Single(output.Split('\n'), line => line.StartsWith('*'));
        VectorIndex index = VectorIndex.Load(At("x.ann"));
        Assert.Equal((Rows, Dimension, AnnMetric.L2), (index.Count, index.Dimension, index.Metric));
    }

    [Fact]
    public async Task WhatIsWrongIsSaidInOneLineAndNothingIsWritten()
    {
        File.WriteAllText(At("text.npy"), "not an array");
        File.WriteAllBytes(At("short.fvecs"), [8, 0, 0, 0, 1]);
        byte[] whole = File.ReadAllBytes(Vectors("npy"));
        File.WriteAllBytes(At("short.npy"), whole[..^1]);
        await AssertRefused("not a .npy file", "--input", At("text.npy"));
        await AssertRefused("truncated", "--input", At("short.npy"));
        await AssertRefused("not a whole number of .fvecs vectors", "--input", At("short.fvecs"));
        await AssertRefused("ends in .npy or .fvecs", "--input", At("x.csv"));
        await AssertRefused("absent.npy", "--input", At("absent.npy"));
        await AssertRefused("RecallTarget", "--input", Vectors("npy"), "--recall", "2");
    }

    private async Task AssertRefused(string because, params string[] arguments)
    {
        (int exit, _, string error) = await Run([.. arguments, "--output", At("x.ann")]);
        Assert.Equal(1, exit);
        Assert.StartsWith("error: ", error);
        Assert.Contains(because, error);
        Assert.False(File.Exists(At("x.ann")));
    }

    private string Vectors(string form)
    {
        Random random = new(1);
        float[] components = new float[Rows * Dimension];
        foreach (ref float component in components.AsSpan())
            component = random.NextSingle();
        byte[] bytes = MemoryMarshal.AsBytes(components.AsSpan()).ToArray();
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({Rows}, {Dimension}), }}".PadRight(117) + "\n";
        byte[] npy = [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(header), .. bytes];
        byte[] fvecs = [.. bytes.Chunk(Dimension * sizeof(float)).SelectMany(row => BitConverter.GetBytes(Dimension).Concat(row))];
        File.WriteAllBytes(At("x." + form), form == "npy" ? npy : fvecs);
        return At("x." + form);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "TuneIndex.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, error);
    }
}
