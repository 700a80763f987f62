// The student's product on a processor that multiplies bfloat16. Composed of libtorch's operations it goes over the activations some
// eight times forward and ten times back, which takes as long as the product itself; here it is one pass before and one after it, each way.
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>y = scale(token) x scale(output) x Σ code(token) code(output) + bias, codes in bfloat16, in which they are exact.</summary>
/// <remarks>The gradient passes both roundings straight through: with respect to the activations it is that of a product with the ternary
/// values, with respect to the weights that of a product with the rounded activations.</remarks>
internal sealed class Int8TernaryProduct : autograd.SingleTensorFunction<Int8TernaryProduct>
{
    private const string Key = "layer";

    public override string Name => nameof(Int8TernaryProduct);

    /// <summary>Applies a layer.</summary>
    /// <param name="input">Activations, ... x inputs, float32.</param>
    /// <param name="int8">The same as int8 codes and their scales.</param>
    /// <param name="codes">The weights' codes, outputs x inputs, bfloat16. Receives the gradient with respect to the weights' values, not to the codes.</param>
    /// <param name="scales">One scale an output.</param>
    /// <param name="bias">One offset an output.</param>
    public static Tensor Apply(Tensor input, Int8Tensor int8, Tensor codes, float[] scales, Tensor bias) =>
        apply(input, codes, bias, new Layer(int8, scales));

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, codes, bias, layer) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Layer)vars[3]);
        ctx.save_for_backward([layer.Int8.Codes, codes]);
        ctx.save_data(Key, layer);
        using Tensor product = nn.functional.linear(layer.Int8.Codes, codes);
        long[] shape = input.shape;
        shape[^1] = layer.Scales.Length;
        Tensor output = empty(shape);
        BFloat16Passes.Scale(Halves(product), layer.Int8.Scales, layer.Scales, Singles(bias), Singles(output));
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var layer = (Layer)ctx.get_data(Key);
        List<Tensor> saved = ctx.get_saved_variables();
        using Tensor activations = saved[0], codes = saved[1], gradient = grad_output.contiguous();
        int outputs = layer.Scales.Length;
        long rows = layer.Int8.Scales.Length;
        using Tensor byOutput = empty([rows, outputs], ScalarType.BFloat16), byRow = empty([rows, outputs], ScalarType.BFloat16);
        Tensor bias = zeros(outputs);
        BFloat16Passes.ScaleGradient(Singles(gradient), layer.Int8.Scales, layer.Scales, Halves(byOutput), Halves(byRow), Singles(bias));
        using Tensor inputs = mm(byOutput, codes), transposed = byRow.t();
        long[] shape = gradient.shape;
        shape[^1] = codes.shape[1];
        return [inputs.to(ScalarType.Float32).view(shape), mm(transposed, activations), bias, null!];
    }

    private static Span<ushort> Halves(Tensor tensor) => MemoryMarshal.Cast<byte, ushort>(tensor.bytes);

    private static Span<float> Singles(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private sealed record Layer(Int8Tensor Int8, float[] Scales);
}

/// <summary>Activations rounded to int8 a token: codes in bfloat16, tokens x inputs, and a scale a token.</summary>
internal sealed record Int8Tensor(Tensor Codes, float[] Scales);
