// The seam between a ternary layer and its implementations: weights laid out once, rows of activations in, floats out.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal abstract unsafe class TernaryGemm
{
    private protected TernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
    {
        Outputs = matrix.Rows;
        Inputs = matrix.Columns;
        Scales = new AlignedBuffer<float>(Outputs);
        for (int n = 0; n < Outputs; n++)
            Scales.Span[n] = matrix.Scale(n);
        Bias = new AlignedBuffer<float>(Outputs);
        bias.CopyTo(Bias.Span);
    }

    protected int Outputs { get; }

    protected int Inputs { get; }

    /// <summary>One scale an output.</summary>
    protected AlignedBuffer<float> Scales { get; }

    protected AlignedBuffer<float> Bias { get; }

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
            TernaryKernel.Avx512 => matrix.Digits == 1 ? new Avx512TernaryGemm(matrix, bias) : new Avx512TwoDigitGemm(matrix, bias),
            TernaryKernel.Avx2 => AvxVnni.IsSupported
                ? new Avx2TernaryGemm<DotProductSums>(matrix, bias)
                : new Avx2TernaryGemm<PairProductSums>(matrix, bias),
            TernaryKernel.Neon => new NeonTernaryGemm(matrix, bias),
            _ => new ScalarTernaryGemm(matrix, bias),
        };
    }

    /// <summary>Computes rows, of which there is at least one. The shapes are known to agree.</summary>
    public abstract void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace);

    /// <summary>y = (sum - excess) x (rowScale x scale) + bias for the outputs of one row from <paramref name="first"/> on, in the
    /// same order of operations everywhere, so that equal sums give equal bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected void Finish(int* sums, int excess, float rowScale, int first, int count, float* output)
    {
        float* scales = Scales.Pointer + first, bias = Bias.Pointer + first;
        int n = 0;
        for (; n <= count - Vector256<float>.Count; n += Vector256<float>.Count)
        {
            Vector256<float> sum = Vector256.ConvertToSingle(Vector256.Load(sums + n) - Vector256.Create(excess));
            Vector256<float> scale = Vector256.Load(scales + n) * rowScale;
            Vector256.FusedMultiplyAdd(sum, scale, Vector256.Load(bias + n)).Store(output + n);
        }
        for (; n < count; n++)
            output[n] = MathF.FusedMultiplyAdd(sums[n] - excess, scales[n] * rowScale, bias[n]);
    }

    /// <summary>What <see cref="Finish(int*, int, float, int, int, float*)"/> does without an excess, for several rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected void Finish(int* sums, int sumStride, float* rowScales, int rows, int first, int count, float* output)
    {
        int whole = Vector512.IsHardwareAccelerated ? count / Vector512<float>.Count * Vector512<float>.Count : 0;
        float* scales = Scales.Pointer + first, bias = Bias.Pointer + first;
        for (int m = 0; m < rows; m++, sums += sumStride, output += Outputs)
        {
            Vector512<float> rowScale = Vector512.Create(rowScales[m]);
            for (int n = 0; n < whole; n += Vector512<float>.Count)
            {
                Vector512<float> sum = Vector512.ConvertToSingle(Vector512.Load(sums + n));
                Vector512.FusedMultiplyAdd(sum, Vector512.Load(scales + n) * rowScale, Vector512.Load(bias + n)).Store(output + n);
            }
            if (whole < count)
                Finish(sums + whole, 0, rowScales[m], first + whole, count - whole, output + whole);
        }
    }
}
