// Linear layers on a device: weights laid out and uploaded once, then only launched.
using ILGPU;
using ILGPU.Runtime;
using Microsoft.ML.Ternary.Kernels.Packing;

namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>A linear layer on a device.</summary>
internal abstract class GpuLinear(GpuDevice device, int outputs, int inputs) : IDisposable
{
    public int Outputs { get; } = outputs;

    public int Inputs { get; } = inputs;

    /// <summary>Whether it reads the int8 form of its input instead of the values.</summary>
    public abstract bool TakesCodes { get; }

    protected GpuDevice Device { get; } = device;

    public static GpuLinear Create(GpuDevice device, GpuLinearWeights weights) => weights.Ternary is not null
        ? new GpuTernaryLinear(device, weights.Ternary, weights.Bias)
        : new GpuDenseLinear(device, weights.Dense!, weights.Bias);

    /// <summary>Starts the layer on rows of activations.</summary>
    /// <param name="stream">Where it runs.</param>
    /// <param name="values">rows x <see cref="Inputs"/>, read where <see cref="TakesCodes"/> is false.</param>
    /// <param name="codes">The int8 form, read where it is true; memory for a multiple of <see cref="GpuKernels.RowMultiple"/> rows.</param>
    /// <param name="output">Receives rows x <see cref="Outputs"/>.</param>
    /// <param name="rows">Tokens.</param>
    /// <param name="activation">What follows.</param>
    public abstract void Forward(AcceleratorStream stream, ArrayView<float> values, CodeRows codes, ArrayView<float> output, int rows, GpuActivation activation);

    public abstract void Dispose();
}

/// <summary>Ternary weights, int8 activations.</summary>
internal sealed class GpuTernaryLinear : GpuLinear
{
    // Below this many tokens reading the weights is what costs, and half-empty tiles of 64 tokens would cost more.
    private const int MinTensorCoreRows = 24;

    private readonly int _digits;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _weights;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _scales;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _bias;

    public GpuTernaryLinear(GpuDevice device, TernaryMatrix matrix, float[] bias)
        : base(device, matrix.Rows, matrix.Columns)
    {
        _digits = matrix.Digits;
        float[] scales = new float[matrix.Rows];
        for (int row = 0; row < scales.Length; row++)
            scales[row] = matrix.Scale(row);
        try
        {
            _weights = device.Upload(FragmentTiles.Pack(matrix, GpuKernels.OutputMultiple));
            _scales = device.Upload(scales);
            _bias = device.Upload(bias);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override bool TakesCodes => true;

    public override void Forward(AcceleratorStream stream, ArrayView<float> values, CodeRows codes, ArrayView<float> output, int rows, GpuActivation activation) =>
        Forward(stream, FormFor(Device.TernaryForms, rows), codes, output, rows, activation);

    public void Forward(AcceleratorStream stream, GpuTernaryForm form, CodeRows codes, ArrayView<float> output, int rows, GpuActivation activation) =>
        Device.Kernels.Ternary(stream, form, _digits, codes, _weights.View, _scales.View, _bias.View, output, rows, Outputs, activation);

    public override void Dispose()
    {
        Device.Free(_weights);
        Device.Free(_scales);
        Device.Free(_bias);
    }

    /// <summary>The best of the forms that work on a device, best first, for a number of tokens.</summary>
    internal static GpuTernaryForm FormFor(IReadOnlyList<GpuTernaryForm> forms, int rows)
    {
        bool skipsFirst = forms[0] == GpuTernaryForm.TensorCore && rows < MinTensorCoreRows && forms.Count > 1;
        return forms[skipsFirst ? 1 : 0];
    }
}

/// <summary>Weights and activations in float32.</summary>
internal sealed class GpuDenseLinear : GpuLinear
{
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _weights;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _bias;

    public GpuDenseLinear(GpuDevice device, float[] matrix, float[] bias)
        : base(device, bias.Length, matrix.Length / bias.Length)
    {
        try
        {
            _weights = device.Upload(matrix);
            _bias = device.Upload(bias);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override bool TakesCodes => false;

    public override void Forward(AcceleratorStream stream, ArrayView<float> values, CodeRows codes, ArrayView<float> output, int rows, GpuActivation activation) =>
        Device.Kernels.Dense(stream, values, _weights.View, _bias.View, output, rows, Outputs, Inputs, activation);

    public override void Dispose()
    {
        Device.Free(_weights);
        Device.Free(_bias);
    }
}
