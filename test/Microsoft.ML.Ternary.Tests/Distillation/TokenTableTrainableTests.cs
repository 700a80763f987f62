using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class TokenTableTrainableTests
{
    private const int Rows = 6, Columns = 4;

    [Fact]
    public void ATokenReadsItsRowAsItIsStored()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] values = Values(Rows, 40);
        using var table = new TokenTableTrainable("t", values, 40, new GroupRounding(bits: 3), CPU);
        float[] read = table.Forward(tensor(new long[] { 5, 2 }, [1, 2])).data<float>().ToArray();
        float[] expected = new float[80];
        new GroupRounding(bits: 3).Round(values.AsSpan(200, 40), expected.AsSpan(0, 40));
        new GroupRounding(bits: 3).Round(values.AsSpan(80, 40), expected.AsSpan(40, 40));
        Assert.Equal(expected, read);
        table.TakeGradient()?.Dispose();
    }

    [Fact]
    public void TheGradientsOfSeveralPartsAddUpAndOnlySeenRowsMove()
    {
        using DisposeScope scope = NewDisposeScope();
        float[] start = Values(Rows, Columns);
        using var table = new TokenTableTrainable("t", start, Columns, null, CPU);
        // Row 1 is read three times with factor 1, row 4 once with factor 2.
        table.Forward(tensor(new long[] { 1, 1 }, [1, 2])).sum().backward();
        (table.Forward(tensor(new long[] { 1 }, [1, 1])).sum() + 2 * table.Forward(tensor(new long[] { 4 }, [1, 1])).sum()).backward();

        AdamStep.Run([table], TernaryRecipe.Default with { GradientClipping = 0 }, 0.1, 1, threads: 1);

        // The first step of Adam is the learning rate along the gradient's sign; its first moment a tenth of the gradient.
        for (int row = 0; row < Rows; row++)
        {
            float gradient = row switch { 1 => 3, 4 => 2, _ => 0 };
            for (int column = 0; column < Columns; column++)
            {
                Assert.Equal(start[row * Columns + column] - (gradient > 0 ? 0.1f : 0), table.Values[row * Columns + column], 1e-5f);
                Assert.Equal(0.1f * gradient, table.FirstMoment[row * Columns + column], 1e-5f);
            }
        }
        Assert.Null(table.TakeGradient());
    }

    [Fact]
    public void WithoutGradientsNothingIsKept()
    {
        using DisposeScope scope = NewDisposeScope();
        using var table = new TokenTableTrainable("t", Values(Rows, Columns), Columns, null, CPU);
        using (no_grad())
            table.Forward(tensor(new long[] { 1 }, [1, 1]));
        Assert.Null(table.TakeGradient());
    }

    private static float[] Values(int rows, int columns)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
