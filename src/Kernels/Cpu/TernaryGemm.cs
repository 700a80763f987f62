// The seam between a ternary layer and its implementations: weights laid out once, rows of activations in, floats out.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal abstract unsafe class TernaryGemm
{
    private protected TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
    {
        Outputs = matrix.Rows;
        Inputs = matrix.Columns;
        Scales = new float[Outputs];
        for (int n = 0; n < Outputs; n++)
            Scales[n] = matrix.Scale(n);
        Bias = bias.ToArray();
    }

    protected int Outputs { get; }

    protected int Inputs { get; }

    /// <summary>One scale an output.</summary>
    protected float[] Scales { get; }

    protected float[] Bias { get; }

    /// <exception cref="ArgumentOutOfRangeException">There is no such kernel.</exception>
    /// <exception cref="PlatformNotSupportedException">The processor cannot run it.</exception>
    public static TernaryGemm Create(TernaryMatrix matrix, ReadOnlySpan<float> bias, TernaryKernel kernel)
    {
        if (!Enum.IsDefined(kernel))
            throw new ArgumentOutOfRangeException(nameof(kernel), kernel, "There is no such kernel.");
        if (!TernaryKernels.IsSupported(kernel))
            throw new PlatformNotSupportedException($"This processor has no {kernel}; TernaryKernels.Supported lists what it has.");
        return kernel switch
        {
            TernaryKernel.Avx512 => new Avx512TernaryGemm(matrix, bias),
            TernaryKernel.Avx2 => new Avx2TernaryGemm(matrix, bias),
            _ => new ScalarTernaryGemm(matrix, bias),
        };
    }

    /// <summary>Writes rows x outputs values. The shapes are known to agree and there is at least one row.</summary>
    public abstract void Multiply(ActivationBlock input, Span<float> output);

    /// <summary>y = (sum - excess) x (rowScale x scale) + bias for the outputs of one row from <paramref name="first"/> on, in the
    /// same order of operations everywhere, so that equal sums give equal bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected void Finish(int* sums, int excess, float rowScale, int first, int count, float* output)
    {
        fixed (float* scales = &Scales[first], bias = &Bias[first])
        {
            Vector256<int> excesses = Vector256.Create(excess);
            int n = 0;
            for (; n <= count - Vector256<float>.Count; n += Vector256<float>.Count)
            {
                Vector256<float> sum = Vector256.ConvertToSingle(Vector256.Load(sums + n) - excesses);
                Vector256<float> scale = Vector256.Load(scales + n) * rowScale;
                Vector256.FusedMultiplyAdd(sum, scale, Vector256.Load(bias + n)).Store(output + n);
            }
            for (; n < count; n++)
                output[n] = MathF.FusedMultiplyAdd(sums[n] - excess, scales[n] * rowScale, bias[n]);
        }
    }
}
