// EmbedFile is how others compare us with another implementation, so it is tested as they use it: as a process, on files.
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;
using Samples.Common;

namespace Samples.Tests;

public sealed partial class EmbedFileTests : IDisposable
{
    private static readonly string Model = Path.Combine(RepositoryFiles.Root, "test", "Microsoft.ML.Ternary.Tests", "Golden", "tiny", "st-cls-mean");

    private readonly string _folder = Directory.CreateTempSubdirectory("embed-file-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task JsonLinesHoldTheIdsAndEmbeddingsOfSentenceTransformers()
    {
        (string[] texts, int[][] ids, float[][] embeddings) = Expected();
        string input = WriteInput("in.jsonl", [.. texts.Select(t => JsonSerializer.Serialize(new { text = t, extra = 1 })), "{\"text\": null}"]);

        Outcome outcome = await Run("--model", Model, "--input", input, "--output", At("out.jsonl"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        string[] lines = File.ReadAllLines(At("out.jsonl"));
        Assert.Equal(texts.Length + 1, lines.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            using JsonDocument line = JsonDocument.Parse(lines[i]);
            Assert.Equal(ids[i], line.RootElement.GetProperty("ids").Deserialize<int[]>());
            AssertClose(embeddings[i], line.RootElement.GetProperty("embedding").Deserialize<float[]>()!);
        }
        Assert.StartsWith("{\"ids\": [2, 3], \"embedding\": [", lines[^1]);
        Assert.All(SignificantDigits().Matches(lines[0]), match => Assert.InRange(match.Value.TrimStart('-', '0', '.').Replace(".", "").Length, 1, 7));
        Assert.Matches(@"3 texts, \d+ tokens in [\d.]+ s: [\d,]+ texts/s", outcome.Error);
        Assert.Single(Directory.GetFiles(_folder, "out*"));
    }

    [Fact]
    public async Task TheNumPyFileHoldsTheSameRowsInFloat32()
    {
        (string[] texts, _, float[][] embeddings) = Expected();
        string input = WriteInput("in.txt", texts);

        Outcome outcome = await Run("--model", Model, "--input", input, "--output", At("out.npy"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        byte[] bytes = File.ReadAllBytes(At("out.npy"));
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], bytes[..8]);
        int header = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Assert.Equal(0, header % 64);
        Assert.Equal($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({texts.Length}, 24), }}", Encoding.ASCII.GetString(bytes, 10, header - 10).TrimEnd());
        Assert.Equal((byte)'\n', bytes[header - 1]);
        float[] values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(header)).ToArray();
        Assert.Equal(texts.Length * 24, values.Length);
        for (int i = 0; i < texts.Length; i++)
            AssertClose(embeddings[i], values[(i * 24)..((i + 1) * 24)]);
    }

    [Fact]
    public async Task ATernaryFileEmbedsAsItDoesInsideAProgram()
    {
        TernaryModelFile.Save(ModelTernarizer.Ternarize(HuggingFaceFolder.Load(Model), TernaryScaling.PerRow()), At("model.ternary"));
        using TextEncoder encoder = new(EmbeddingModelFile.Load(At("model.ternary")));

        Outcome outcome = await Run("--model", At("model.ternary"), "--input", WriteInput("in.txt", ["the cat"]), "--output", At("out.npy"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(encoder.Embed("the cat"), MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(At("out.npy")).AsSpan(128)).ToArray());
    }

    [Fact]
    public async Task EveryLineOfALongFileIsARowAndBlankOnesToo()
    {
        string input = WriteInput("in.txt", [.. Enumerable.Range(0, 10_000).Select(i => i % 10 == 0 ? "" : $"the cat {i}")]);

        Outcome outcome = await Run("--model", Model, "--input", input, "--output", At("out.npy"), "--dimension", "3", "--threads", "2");

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(128 + 10_000 * 3 * sizeof(float), new FileInfo(At("out.npy")).Length);
    }

    [Fact]
    public async Task AnEmptyFileGivesNoRows()
    {
        string input = WriteInput("in.txt", []);

        Outcome outcome = await Run("--model", Model, "--input", input, "--output", At("out.npy"));

        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("'shape': (0, 24)", Encoding.ASCII.GetString(File.ReadAllBytes(At("out.npy"))));
    }

    [Theory]
    [InlineData("{\"text\": \"a\"}\nnot json", "in.jsonl, line 2: not valid JSON")]
    [InlineData("{\"text\": \"a\"}\n\n{\"text\": \"b\"}", "in.jsonl, line 2: not valid JSON")]
    [InlineData("[\"text\"]", "in.jsonl, line 1: not a JSON object with a \"text\"")]
    [InlineData("{\"title\": \"a\"}", "in.jsonl, line 1: not a JSON object with a \"text\"")]
    [InlineData("{\"text\": 5}", "in.jsonl, line 1: \"text\" is a Number")]
    [InlineData("{\"text\": \"\\ud800\"}", "in.jsonl, line 1: not valid JSON")]
    public async Task ABadLineIsNamedAndTheOldOutputStays(string content, string message)
    {
        File.WriteAllText(At("in.jsonl"), content);
        File.WriteAllText(At("out.jsonl"), "old");

        Outcome outcome = await Run("--model", Model, "--input", At("in.jsonl"), "--output", At("out.jsonl"));

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(message, outcome.Error);
        Assert.Equal("old", File.ReadAllText(At("out.jsonl")));
        Assert.Single(Directory.GetFiles(_folder, "out*"));
    }

    [Fact]
    public async Task WhatIsMissingOrUnknownIsNamed()
    {
        string input = WriteInput("in.txt", ["a"]);
        File.WriteAllBytes(At("latin1.txt"), [(byte)'a', 0xE9, (byte)'\n']);

        Assert.Contains("no-such-model", (await Fail("--model", At("no-such-model"), "--input", input, "--output", At("out.npy"))).Error);
        Assert.Contains("there is no file", (await Fail("--model", Model, "--input", At("absent.txt"), "--output", At("out.npy"))).Error);
        Assert.Contains("use .jsonl or .npy", (await Fail("--model", Model, "--input", input, "--output", At("out.csv"))).Error);
        Assert.Contains("there is no folder", (await Fail("--model", Model, "--input", input, "--output", At("absent/out.npy"))).Error);
        Assert.Contains("Dimension is 99", (await Fail("--model", Model, "--input", input, "--output", At("out.npy"), "--dimension", "99")).Error);
        Assert.Contains("not UTF-8", (await Fail("--model", Model, "--input", At("latin1.txt"), "--output", At("out.npy"))).Error);
        Assert.Contains("--model", (await Fail("--input", input, "--output", At("out.npy"))).Error);
        Assert.Empty(Directory.GetFiles(_folder, "out*"));
    }

    [Fact]
    public async Task CtrlCLeavesNoHalfFile()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            Assert.Skip("Signals are sent with kill.");
        if (IgnoresInterrupts())
            Assert.Skip("This process was started with SIGINT ignored, as shells start background jobs, and its children inherit that.");
        string input = WriteInput("in.txt", [.. Enumerable.Range(0, 2_000_000).Select(_ => "the cat the cat the cat")]);
        using Process process = Start("--model", Model, "--input", input, "--output", At("out.jsonl"));
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        for (int i = 0; i < 600 && !Directory.EnumerateFiles(_folder, "out*").Any(); i++)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        using (Process kill = Process.Start("kill", ["-INT", process.Id.ToString()]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Cancelled; nothing was written", await error);
        Assert.Empty(Directory.GetFiles(_folder, "out*"));
    }

    private static (string[] Texts, int[][] Ids, float[][] Embeddings) Expected()
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Model, "expected.json")));
        JsonElement[] rows = [.. expected.RootElement.GetProperty("texts").EnumerateArray()];
        return (
            [.. rows.Select(r => r.GetProperty("text").GetString()!)],
            [.. rows.Select(r => r.GetProperty("ids").Deserialize<int[]>()!)],
            [.. rows.Select(r => r.GetProperty("embedding").Deserialize<float[]>()!)]);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-4f);
    }

    private static async Task<Outcome> Fail(params string[] arguments)
    {
        Outcome outcome = await Run(arguments);
        Assert.Equal(1, outcome.ExitCode);
        return outcome;
    }

    private static async Task<Outcome> Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Outcome(process.ExitCode, error, await output);
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EmbedFile.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    // Bit n - 1 of SigIgn stands for signal n; SIGINT is 2. Where there is no /proc nothing is known, and the test runs.
    internal static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status";
        string? ignored = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        return ignored is not null && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & 2) != 0;
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string WriteInput(string name, string[] lines)
    {
        File.WriteAllLines(At(name), lines);
        return At(name);
    }

    [GeneratedRegex(@"-?\d+\.\d+")]
    private static partial Regex SignificantDigits();

    private sealed record Outcome(int ExitCode, string Error, string Output);
}
