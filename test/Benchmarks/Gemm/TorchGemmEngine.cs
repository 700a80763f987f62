// One layer in libtorch, float32 or bfloat16. The input has the layer's type already, as between two layers of an encoder.
using Benchmarks.Engines;
using Microsoft.ML.Ternary.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks.Gemm;

internal sealed class TorchGemmEngine : GemmEngine
{
    private readonly Tensor _weight, _bias, _input;
    private readonly int _threads;
    private Tensor? _output;

    public TorchGemmEngine(GemmProblem problem, ScalarType type, int threads)
    {
        GemmShape shape = problem.Shape;
        _threads = threads;
        _weight = Convert(DenseWeights.Values(new TernaryLinearWeights(problem.Matrix, problem.Bias)), [shape.Outputs, shape.Inputs], type);
        _bias = Convert(problem.Bias, [shape.Outputs], type);
        _input = Convert(problem.Input, [shape.Rows, shape.Inputs], type);
    }

    public override ReadOnlySpan<float> Output
    {
        get
        {
            using Tensor values = _output!.to(ScalarType.Float32);
            return values.data<float>().ToArray();
        }
    }

    public override void Run()
    {
        if (get_num_threads() != _threads)
            set_num_threads(_threads);
        _output?.Dispose();
        using IDisposable inference = inference_mode();
        _output = nn.functional.linear(_input, _weight, _bias);
    }

    public override void Dispose()
    {
        _output?.Dispose();
        foreach (Tensor tensor in new[] { _weight, _bias, _input })
            tensor.Dispose();
    }

    private static Tensor Convert(float[] values, long[] shape, ScalarType type)
    {
        using Tensor shared = tensor(values, shape);
        return shared.to(type, copy: true);
    }
}
