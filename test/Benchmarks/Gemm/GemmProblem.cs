// One linear layer on one number of tokens, as all engines get it.
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Gemm;

/// <summary>The size of a layer and of its input: rows x outputs x inputs, M x N x K.</summary>
/// <param name="Rows">Tokens.</param>
/// <param name="Outputs">Components of an output row.</param>
/// <param name="Inputs">Components of an input row.</param>
internal sealed record GemmShape(int Rows, int Outputs, int Inputs)
{
    /// <summary>Multiply-adds of one product.</summary>
    public double MultiplyAdds => (double)Rows * Outputs * Inputs;
}

/// <summary>A layer's weights, bias and input, the same in every run.</summary>
internal sealed class GemmProblem
{
    private const int Seed = 3, CheckedRows = 4;

    public GemmProblem(GemmShape shape, int digits)
    {
        Shape = shape;
        int levels = digits == 1 ? 3 : 9;
        Random random = new(Seed);
        sbyte[] codes = new sbyte[shape.Outputs * shape.Inputs];
        random.NextBytes(MemoryMarshal.AsBytes(codes.AsSpan()));
        foreach (ref sbyte code in codes.AsSpan())
            code = (sbyte)((byte)code % levels - levels / 2);
        Matrix = TernaryMatrix.FromCodes(codes, shape.Outputs, shape.Inputs, Numbers(random, shape.Outputs, 0.02f, 0.04f), digits);
        Bias = Numbers(random, shape.Outputs, -0.1f, 0.1f);
        Input = Numbers(random, shape.Rows * shape.Inputs, -1, 1);
    }

    /// <summary>The sizes.</summary>
    public GemmShape Shape { get; }

    /// <summary>The weights, outputs x inputs, with a scale a row.</summary>
    public TernaryMatrix Matrix { get; }

    /// <summary>One offset an output.</summary>
    public float[] Bias { get; }

    /// <summary>The input, rows x inputs.</summary>
    public float[] Input { get; }

    /// <summary>The cosine of the first rows of an engine's output to what plain dot products give.</summary>
    public double Cosine(ReadOnlySpan<float> output)
    {
        int rows = Math.Min(CheckedRows, Shape.Rows);
        float[] expected = new float[rows * Shape.Outputs];
        sbyte[] codes = new sbyte[Shape.Inputs];
        float[] weights = new float[Shape.Inputs];
        for (int n = 0; n < Shape.Outputs; n++)
        {
            Matrix.UnpackRow(n, codes);
            TensorPrimitives.ConvertTruncating<sbyte, float>(codes, weights);
            for (int m = 0; m < rows; m++)
                expected[m * Shape.Outputs + n] = Matrix.Scale(n) * TensorPrimitives.Dot(weights, Input.AsSpan(m * Shape.Inputs, Shape.Inputs)) + Bias[n];
        }
        return TensorPrimitives.CosineSimilarity(expected, output[..expected.Length]);
    }

    private static float[] Numbers(Random random, int count, float from, float to)
    {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = from + (to - from) * random.NextSingle();
        return numbers;
    }
}
