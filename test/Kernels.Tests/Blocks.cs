// Blocks of activations as tests want them: made of values, read as values.
namespace Microsoft.ML.Ternary.Kernels.Tests;

internal static class Blocks
{
    /// <summary>A block of rows in both forms.</summary>
    public static ActivationBlock Of(int columns, params ReadOnlySpan<float> values)
    {
        var block = new ActivationBlock(values.Length / columns, columns);
        values.CopyTo(block.Values);
        block.Quantize(0, block.Rows);
        return block;
    }

    /// <summary>What a layer makes of every row.</summary>
    public static float[] Forward(LinearLayer layer, ActivationBlock input)
    {
        var output = new ActivationBlock(input.Rows, layer.OutputSize, ActivationForms.Float32);
        layer.Forward(input, new LinearOutput(output), new LinearWorkspace());
        return output.Values.ToArray();
    }
}
