// This library's layer on one of its kernels. A call runs on the calling thread, whatever --threads says.
using Microsoft.ML.Ternary.Kernels;

namespace Benchmarks.Gemm;

internal sealed class TernaryGemmEngine : GemmEngine
{
    private readonly TernaryLinear _linear;
    private readonly ActivationBlock _input;
    private readonly float[] _output;

    public TernaryGemmEngine(GemmProblem problem, TernaryKernel kernel)
    {
        _linear = new TernaryLinear(problem.Matrix, problem.Bias, kernel);
        _input = new ActivationBlock(problem.Shape.Rows, problem.Shape.Inputs);
        problem.Input.CopyTo(_input.Write());
        _output = new float[problem.Shape.Rows * problem.Shape.Outputs];
    }

    public override ReadOnlySpan<float> Output => _output;

    public override void Run()
    {
        // Asking to write discards the int8 form, so that each run rounds again.
        _input.Write();
        _linear.Forward(_input, _output);
    }

    public override void Dispose()
    {
    }
}
