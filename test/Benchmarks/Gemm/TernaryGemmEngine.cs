// This library's layer on one of its kernels. A call runs on the calling thread, whatever --threads says.
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Gemm;

internal sealed class TernaryGemmEngine : GemmEngine
{
    private readonly TernaryLinear _linear;
    private readonly ActivationBlock _input;
    private readonly ActivationBlock _output;
    private readonly LinearWorkspace _workspace = new();

    public TernaryGemmEngine(GemmProblem problem, TernaryKernel kernel)
    {
        _linear = new TernaryLinear(problem.Matrix, problem.Bias, kernel);
        _input = new ActivationBlock(problem.Shape.Rows, problem.Shape.Inputs);
        problem.Input.CopyTo(_input.Values);
        _output = new ActivationBlock(problem.Shape.Rows, problem.Shape.Outputs, ActivationForms.Float32);
    }

    public override ReadOnlySpan<float> Output => _output.Values;

    public override void Run()
    {
        _input.Quantize(0, _input.Rows);
        _linear.Forward(_input, new LinearOutput(_output), _workspace);
    }

    public override void Dispose()
    {
    }
}
