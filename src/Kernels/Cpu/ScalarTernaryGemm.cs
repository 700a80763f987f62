// The ternary product in plain C#: what the vectorised kernels are tested against, and what runs where there are none.
namespace Microsoft.ML.Ternary.Kernels.Cpu;

internal sealed class ScalarTernaryGemm : TernaryGemm
{
    private const int BlockRows = 32;

    private readonly TernaryMatrix _matrix;

    public ScalarTernaryGemm(TernaryMatrix matrix, ReadOnlySpan<float> bias)
        : base(matrix, bias) => _matrix = matrix;

    // Each row of weights is unpacked once and meets a block of tokens, because unpacking costs as much as a few tokens.
    public override unsafe void Multiply(ActivationBlock input, int firstRow, int rows, in LinearOutput output, LinearWorkspace workspace)
    {
        Span<sbyte> weights = Inputs <= 4096 ? stackalloc sbyte[Inputs] : new sbyte[Inputs];
        for (int row = firstRow; row < firstRow + rows; row += BlockRows)
        {
            int count = Math.Min(BlockRows, firstRow + rows - row);
            float* values = output.Begin(row, count, workspace);
            for (int n = 0; n < Outputs; n++)
            {
                _matrix.UnpackRow(n, weights);
                for (int m = 0; m < count; m++)
                {
                    int sum = Dot(new ReadOnlySpan<sbyte>(input.CodesOf(row + m), Inputs), weights);
                    values[(nint)m * Outputs + n] = MathF.FusedMultiplyAdd(sum, Scales.Span[n] * *input.ScalesOf(row + m), Bias.Span[n]);
                }
            }
            workspace.Times?.Add(Stage.Gemm);
            output.Finish(row, count, values, workspace);
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
