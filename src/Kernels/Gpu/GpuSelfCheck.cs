// Drivers compile the kernels anew on each machine, and inline PTX is the part that no other compiler has seen. So a device does
// one small product in each form before that form is used, and its sums must be those of the definition.
using ILGPU;
using ILGPU.Runtime;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

internal static class GpuSelfCheck
{
    // More than one tile and one block in each direction, none of them whole.
    private const int Rows = 70;
    private const int Outputs = 140;
    private const int Inputs = 200;

    // The emulation takes a system thread for each of a group's threads; there a few tiles are all that is affordable.
    private const int EmulatedRows = 3;
    private const int EmulatedOutputs = 9;

    /// <summary>What is wrong with a form of the ternary product on a device; null where nothing is.</summary>
    public static string? Fault(GpuDevice device, GpuTernaryForm form) => Fault(device, form, digits: 1) ?? Fault(device, form, digits: 2);

    private static string? Fault(GpuDevice device, GpuTernaryForm form, int digits)
    {
        int largest = digits == 1 ? 1 : 4;
        bool emulated = device.Info.Kind == GpuDeviceKind.Emulated;
        (int rows, int outputs) = emulated ? (EmulatedRows, EmulatedOutputs) : (Rows, Outputs);
        Random random = new(1);
        sbyte[] codes = new sbyte[outputs * Inputs];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = (sbyte)random.Next(-largest, largest + 1);
        sbyte[] activations = new sbyte[rows * Inputs];
        for (int i = 0; i < activations.Length; i++)
            activations[i] = (sbyte)random.Next(-127, 128);
        try
        {
            float[] output = Run(device, form, TernaryMatrix.FromCodes(codes, outputs, Inputs, [1f], digits), activations, rows);
            for (int i = 0; i < output.Length; i++)
            {
                int expected = Dot(activations.AsSpan(i / outputs * Inputs, Inputs), codes.AsSpan(i % outputs * Inputs, Inputs));
                if (output[i] != expected)
                    return $"with weights of {digits} digit(s) output {i % outputs} of token {i / outputs} is {output[i]} instead of {expected}.";
            }
            return null;
        }
        catch (Exception e) when (e is AcceleratorException or NotSupportedException or InvalidOperationException or InternalCompilerException or GpuOutOfMemoryException)
        {
            return e.GetBaseException().Message;
        }
    }

    private static float[] Run(GpuDevice device, GpuTernaryForm form, TernaryMatrix matrix, sbyte[] activations, int rows)
    {
        using GpuTernaryLinear layer = new(device, matrix, new float[matrix.Rows]);
        using GpuBuffer<int> words = new(device);
        using GpuBuffer<float> scales = new(device);
        using GpuBuffer<int> sums = new(device);
        using GpuBuffer<float> output = new(device);
        int rowWords = CodeRows.WordsOf(Inputs);
        int memoryRows = GpuLane.MemoryRows(rows);
        words.Grow(memoryRows * rowWords);
        scales.Grow(rows);
        sums.Grow(rows);
        output.Grow((long)rows * matrix.Rows);
        int[] packed = new int[memoryRows * rowWords];
        int[] rowSums = new int[rows];
        for (int i = 0; i < activations.Length; i++)
        {
            (int row, int column) = (i / Inputs, i % Inputs);
            packed[row * rowWords + column / 4] |= (activations[i] & 255) << (8 * (column % 4));
            rowSums[row] += activations[i];
        }
        words.View.CopyFromCPU(packed);
        scales.View.SubView(0, rows).CopyFromCPU(Enumerable.Repeat(1f, rows).ToArray());
        sums.View.SubView(0, rows).CopyFromCPU(rowSums);
        AcceleratorStream stream = device.Accelerator.DefaultStream;
        layer.Forward(stream, form, new CodeRows(words.View, scales.View, sums.View, rowWords), output.View, rows, GpuActivation.None);
        stream.Synchronize();
        return output.View.GetAsArray();
    }

    private static int Dot(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        int sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
