// ONNX Runtime as its users tune it: all graph optimisations, as many threads as are measured, inputs and outputs in memory that
// is allocated once. A batch of one length runs a graph without a mask, which saves the peer a pass over the scores.
using Benchmarks.Models;
using Benchmarks.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Engines;

/// <param name="fileOf">The model file for a batch.</param>
/// <param name="dimension">Components of an embedding.</param>
/// <param name="threads">Threads of the session.</param>
internal sealed class OrtEngine(Func<BenchmarkBatch, string> fileOf, int dimension, int threads) : EncodeEngine
{
    private readonly RunOptions _runOptions = new();
    private InferenceSession? _session;
    private string _path = "";
    private string[] _inputNames = [];
    private OrtValue[] _inputs = [];
    private OrtValue[] _outputs = [];
    private float[] _embeddings = [];

    public override ReadOnlySpan<float> Embeddings => _embeddings;

    public override void Prepare(BenchmarkBatch batch)
    {
        string path = fileOf(batch);
        if (_session is null || _path != path)
        {
            _session?.Dispose();
            _session = Load(path, threads);
            _path = path;
            _inputNames = batch.IsPadded ? [BertOnnxGraph.InputIds, BertOnnxGraph.AttentionMask] : [BertOnnxGraph.InputIds];
        }
        DisposeValues();
        long[] shape = [batch.Count, batch.PaddedLength];
        _embeddings = new float[batch.Count * dimension];
        OrtValue ids = OrtValue.CreateTensorValueFromMemory(batch.PaddedIds, shape);
        _inputs = batch.IsPadded ? [ids, OrtValue.CreateTensorValueFromMemory(batch.Mask, shape)] : [ids];
        _outputs = [OrtValue.CreateTensorValueFromMemory(_embeddings, [batch.Count, dimension])];
    }

    public override void Run() => _session!.Run(_runOptions, _inputNames, _inputs, [BertOnnxGraph.Embedding], _outputs);

    public override void Dispose()
    {
        DisposeValues();
        _session?.Dispose();
        _runOptions.Dispose();
    }

    /// <summary>Opens a session with everything that makes it fast; idle threads spin, which is ONNX Runtime's default.</summary>
    internal static InferenceSession Load(string path, int threads)
    {
        using SessionOptions options = new()
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        return new InferenceSession(path, options);
    }

    private void DisposeValues()
    {
        foreach (OrtValue value in _inputs.Concat(_outputs))
            value.Dispose();
    }
}
