// The ternary product in plain C#: what the vectorised kernels are tested against, and what runs where there are none.
namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed class ScalarTernaryGemm : TernaryGemm
{
    private readonly TernaryMatrix _matrix;

    public ScalarTernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias) => _matrix = matrix;

    // Each row of weights is unpacked once and meets all tokens, because unpacking costs as much as a few tokens.
    public override void Multiply(ActivationBlock input, Span<float> output)
    {
        ReadOnlySpan<sbyte> codes = input.Codes;
        ReadOnlySpan<float> scales = input.CodeScales;
        Span<sbyte> weights = Inputs <= 4096 ? stackalloc sbyte[Inputs] : new sbyte[Inputs];
        for (int n = 0; n < Outputs; n++)
        {
            _matrix.UnpackRow(n, weights);
            for (int m = 0; m < input.Rows; m++)
            {
                int sum = Dot(codes.Slice(m * input.CodeStride, weights.Length), weights);
                output[m * Outputs + n] = MathF.FusedMultiplyAdd(sum, Scales[n] * scales[m], Bias[n]);
            }
        }
    }

    private static int Dot(ReadOnlySpan<sbyte> activations, ReadOnlySpan<sbyte> weights)
    {
        int sum = 0;
        for (int k = 0; k < weights.Length; k++)
            sum += activations[k] * weights[k];
        return sum;
    }
}
