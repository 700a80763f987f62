// Whole encoders on each device against the CPU, over ragged sequences.
using System.Numerics.Tensors;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.GpuCheck;

internal static class EncoderChecks
{
    private const float LeastCosine = 0.999f;

    /// <returns>On how many devices how many models disagree with the CPU or fail.</returns>
    public static int Run(IReadOnlyList<GpuDeviceInfo> devices)
    {
        int failures = 0;
        foreach (GpuDeviceInfo device in devices.Where(device => device.Kind != GpuDeviceKind.Emulated))
        {
            bool isGpu = device.Kind is GpuDeviceKind.Cuda or GpuDeviceKind.OpenCL;
            foreach (string name in isGpu ? new[] { "tiny", "minilm-l6", "bert-base" } : ["tiny"])
                failures += Check(device, name) ? 0 : 1;
        }
        return failures;
    }

    private static bool Check(GpuDeviceInfo device, string name)
    {
        try
        {
            return Agrees(device, name);
        }
        catch (Exception e)
        {
            Console.WriteLine($"FAILED: {name} on {device}: {e.Message}");
            return false;
        }
    }

    private static bool Agrees(GpuDeviceInfo device, string name)
    {
        EmbeddingModel model = RandomModels.Create(name);
        Random random = new(3);
        TokenBatch tokens = TokenBatch.FromSequences([.. Enumerable.Range(0, 40).Select(_ =>
            Enumerable.Range(0, random.Next(1, 130)).Select(_ => random.Next(model.Config.VocabularySize)).ToArray())]);
        using TextEncoder cpu = new(model);
        using TextEncoder gpu = new(model, new TextEncoderOptions { Device = device });
        float[] expected = new float[tokens.Count * model.Dimension], actual = new float[expected.Length];
        cpu.EmbedTokens(tokens, expected);
        gpu.EmbedTokens(tokens, actual);
        float least = Enumerable.Range(0, tokens.Count).Min(i => TensorPrimitives.CosineSimilarity(
            expected.AsSpan(i * model.Dimension, model.Dimension), actual.AsSpan(i * model.Dimension, model.Dimension)));
        bool agrees = least >= LeastCosine;
        Console.WriteLine($"{name} on {gpu.Device}: least cosine to the CPU {least:0.00000}{(agrees ? "" : " FAILED")}");
        return agrees;
    }
}
