using Microsoft.ML.Ternary.Distillation;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class Int8TernaryProductTests
{
    // 5 tokens x 67 inputs to 35 outputs: whole vectors and tails in every pass.
    private const int Tokens = 5, Inputs = 67, Outputs = 35;

    [Fact]
    public void ItIsTheProductOfRoundedActivationsAndTernaryValues()
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new Problem();
        Tensor expected = problem.Rounded.matmul(problem.Values.t()) + problem.Bias;
        Tensor actual = problem.Apply();
        Assert.Equal(expected.shape, actual.shape);
        AssertClose(expected, actual);
    }

    [Fact]
    public void ItsGradientsAreThoseOfTheComposedOperationsPassedStraightThrough()
    {
        using DisposeScope scope = NewDisposeScope();
        var problem = new Problem();
        Tensor upstream = randn(1, Tokens, Outputs);
        (problem.Apply() * upstream).sum().backward();

        AssertClose(upstream.matmul(problem.Values), problem.Input.grad!);
        AssertClose(upstream.view(Tokens, Outputs).t().matmul(problem.Rounded.view(Tokens, Inputs)), problem.Codes.grad!.to(ScalarType.Float32));
        AssertClose(upstream.sum([0, 1]), problem.Bias.grad!);
    }

    [Fact]
    public void WithoutGradientsItLeavesNoGraph()
    {
        using DisposeScope scope = NewDisposeScope();
        using var guard = no_grad();
        Assert.False(new Problem().Apply().requires_grad);
    }

    // bfloat16 keeps eight bits of each product's output.
    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 0.01f * expected.abs().max().item<float>());

    private sealed class Problem
    {
        private readonly float[] _scales = rand(Outputs).data<float>().ToArray();

        public Problem()
        {
            Input = randn(1, Tokens, Inputs).requires_grad_();
            Codes = randint(-4, 5, [Outputs, Inputs]).to(ScalarType.BFloat16).requires_grad_();
            Bias = randn(Outputs).requires_grad_();
            Rounded = (Input + Int8Rounding.Offset(Input)).detach();
            Values = Codes.detach().to(ScalarType.Float32) * tensor(_scales, [Outputs, 1]);
        }

        public Tensor Input { get; }

        public Tensor Codes { get; }

        public Tensor Bias { get; }

        public Tensor Rounded { get; }

        public Tensor Values { get; }

        public Tensor Apply() =>
            Int8TernaryProduct.Apply(Input, new TorchActivation(Input, ScalarType.BFloat16).Int8OnProcessor, Codes, _scales, Bias);
    }
}
