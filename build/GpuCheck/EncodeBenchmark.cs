// How fast encoders are: ours on each GPU and on the CPU, and PyTorch's where python3 has it. One table, medians.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.GpuCheck;

internal sealed record Timing(string Engine, string Model, int Batch, int Tokens, double Milliseconds);

internal static class EncodeBenchmark
{
    private const int WarmUps = 3;
    private static readonly TimeSpan TorchPatience = TimeSpan.FromMinutes(15);

    /// <returns>The number of encoders that failed.</returns>
    public static int Run(CheckOptions options, IReadOnlyList<GpuDeviceInfo> devices)
    {
        int failures = 0;
        List<Timing> timings = [];
        foreach (string name in options.Models)
        {
            EmbeddingModel model = RandomModels.Create(name);
            for (int i = 0; i < devices.Count; i++)
            {
                if (!TryMeasure(timings, options, model, i == 0 ? "ternary-gpu" : $"ternary-gpu {i}", name, i))
                    failures++;
            }
            if (!TryMeasure(timings, options, model, "ternary", name, null))
                failures++;
        }
        timings.AddRange(Torch(options));
        Print(timings, devices);
        return failures;
    }

    /// <summary>Times one encoder in all shapes; one that fails leaves the others and the table.</summary>
    private static bool TryMeasure(List<Timing> timings, CheckOptions options, EmbeddingModel model, string engine, string name, int? device)
    {
        try
        {
            using TextEncoder encoder = new(model, new TextEncoderOptions { GpuDeviceId = device });
            foreach ((int Batch, int Tokens) shape in options.Shapes)
                timings.Add(Measure(encoder, engine, name, shape, options.Seconds));
            return true;
        }
        catch (Exception e)
        {
            Console.WriteLine($"FAILED: {engine}, {name}: {e.Message}");
            return false;
        }
    }

    private static Timing Measure(TextEncoder encoder, string engine, string name, (int Batch, int Tokens) shape, double seconds)
    {
        Random random = new(5);
        TokenBatch tokens = TokenBatch.FromSequences([.. Enumerable.Range(0, shape.Batch).Select(_ =>
            Enumerable.Range(0, shape.Tokens).Select(_ => random.Next(encoder.Model.Config.VocabularySize)).ToArray())]);
        float[] output = new float[shape.Batch * encoder.Dimension];
        for (int i = 0; i < WarmUps; i++)
            encoder.EmbedTokens(tokens, output);
        List<double> times = [];
        Stopwatch all = Stopwatch.StartNew();
        while (times.Count < 5 || all.Elapsed.TotalSeconds < seconds)
        {
            long start = Stopwatch.GetTimestamp();
            encoder.EmbedTokens(tokens, output);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        times.Sort();
        return new Timing(engine, name, shape.Batch, shape.Tokens, times[times.Count / 2]);
    }

    private static List<Timing> Torch(CheckOptions options)
    {
        string script = Path.Combine(Path.GetTempPath(), $"torch_encode-{Environment.ProcessId}.py");
        using (Stream source = typeof(EncodeBenchmark).Assembly.GetManifestResourceStream("torch_encode.py")!)
        using (FileStream file = File.Create(script))
            source.CopyTo(file);
        try
        {
            List<string> arguments = [script, options.Seconds.ToString(CultureInfo.InvariantCulture), string.Join(',', options.Shapes.Select(shape => $"{shape.Batch}x{shape.Tokens}"))];
            arguments.AddRange(options.Models.Select(name => RandomModels.ShapeOf(name) is var s ? $"{name}:{s.Layers}:{s.Hidden}:{s.Heads}" : name));
            return Parse(RunPython(arguments));
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static string[] RunPython(List<string> arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(TorchPatience))
            {
                process.Kill();
                Console.WriteLine($"PyTorch took longer than {TorchPatience}.");
            }
            return output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.WriteLine("There is no python3, so no PyTorch to compare with.");
            return [];
        }
    }

    // Lines of results are tab-separated; every other line is for the reader.
    private static List<Timing> Parse(string[] lines)
    {
        List<Timing> timings = [];
        foreach (string line in lines)
        {
            string[] parts = line.Split('\t');
            if (parts.Length == 5)
                timings.Add(new Timing(parts[0], parts[1], Int(parts[2]), Int(parts[3]), double.Parse(parts[4], CultureInfo.InvariantCulture)));
            else
                Console.WriteLine(line);
        }
        return timings;

        static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private static void Print(List<Timing> timings, IReadOnlyList<GpuDeviceInfo> devices)
    {
        Console.WriteLine();
        Console.WriteLine(devices.Count == 0 ? "No GPU; on the CPU:" : string.Join("; ", devices));
        Console.WriteLine("| model | batch x tokens | engine | ms | tokens/s | time / torch-fp32 |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Timing t in timings.OrderBy(t => t.Model, StringComparer.Ordinal).ThenBy(t => t.Batch * t.Tokens))
        {
            Timing? torch = timings.Find(other => other.Engine == "torch-fp32" && (other.Model, other.Batch, other.Tokens) == (t.Model, t.Batch, t.Tokens));
            string ratio = torch is null ? "" : (t.Milliseconds / torch.Milliseconds).ToString("0.00", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {t.Model} | {t.Batch}x{t.Tokens} | {t.Engine} | {t.Milliseconds:0.000} | {t.Batch * t.Tokens * 1000 / t.Milliseconds:0} | {ratio} |"));
        }
        Console.WriteLine();
    }
}
