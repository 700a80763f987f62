// One layer as an ONNX graph of its own: the operators that the encoder's graph has.
using Benchmarks.Engines;
using Benchmarks.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Gemm;

internal sealed class OrtGemmEngine : GemmEngine
{
    private const string InputName = "x", OutputName = "y";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ternary-benchmark-");
    private readonly RunOptions _runOptions = new();
    private readonly InferenceSession _session;
    private readonly OrtValue _input, _result;
    private readonly float[] _output;

    public OrtGemmEngine(GemmProblem problem, bool int8, int threads)
    {
        GemmShape shape = problem.Shape;
        _session = OrtEngine.Load(Write(problem, int8, Path.Combine(_folder.FullName, "layer.onnx")), threads);
        _output = new float[shape.Rows * shape.Outputs];
        _input = OrtValue.CreateTensorValueFromMemory(problem.Input, [shape.Rows, shape.Inputs]);
        _result = OrtValue.CreateTensorValueFromMemory(_output, [shape.Rows, shape.Outputs]);
    }

    public override ReadOnlySpan<float> Output => _output;

    public override void Run() => _session.Run(_runOptions, [InputName], [_input], [OutputName], [_result]);

    public override void Dispose()
    {
        _input.Dispose();
        _result.Dispose();
        _session.Dispose();
        _runOptions.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Write(GemmProblem problem, bool int8, string path)
    {
        GemmShape shape = problem.Shape;
        using ExternalTensorFile weights = new(path + ".data");
        OnnxGraph graph = new(weights);
        graph.Input(InputName, OnnxType.Float32, "rows", shape.Inputs);
        string bias = graph.Tensor("bias", OnnxType.Float32, [shape.Outputs], () => problem.Bias);
        string y;
        if (int8)
        {
            string codes = graph.Tensor("codes", OnnxType.Int8, [shape.Inputs, shape.Outputs], () => TransposedWeights.Int8(problem.Matrix));
            string scale = graph.Number("scale", TransposedWeights.Int8Scale(problem.Matrix));
            y = graph.MicrosoftNode("DynamicQuantizeMatMul", [InputName, codes, scale, "", bias]);
        }
        else
        {
            string values = graph.Tensor("values", OnnxType.Float32, [shape.Inputs, shape.Outputs], () => TransposedWeights.Values(problem.Matrix));
            y = graph.Node("Add", [graph.Node("MatMul", [InputName, values]), bias]);
        }
        graph.Output(OutputName, y, OnnxType.Float32, "rows", shape.Outputs);
        graph.Save(path);
        return path;
    }
}
