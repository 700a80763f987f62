// libtorch through TorchSharp. Its number of threads is the process's, so it is set again for each batch.
using Benchmarks.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks.Engines;

internal sealed class TorchEngine(TorchBertModule module, ScalarType type, int threads) : EncodeEngine
{
    private Tensor? _ids;
    private Tensor? _mask;
    private float[] _embeddings = [];

    public override ReadOnlySpan<float> Embeddings => _embeddings;

    public override void Prepare(BenchmarkBatch batch)
    {
        DisposeInputs();
        set_num_threads(threads);
        long[] shape = [batch.Count, batch.PaddedLength];
        _ids = tensor(Array.ConvertAll(batch.PaddedIds, id => (long)id), shape);
        if (batch.IsPadded)
        {
            using Tensor mask = tensor(Array.ConvertAll(batch.Mask, value => (float)value), shape);
            _mask = mask.to(type, copy: true);
        }
    }

    public override void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        _embeddings = module.Forward(_ids!, _mask).data<float>().ToArray();
    }

    public override void Dispose()
    {
        DisposeInputs();
        module.Dispose();
    }

    private void DisposeInputs()
    {
        _ids?.Dispose();
        _mask?.Dispose();
        (_ids, _mask) = (null, null);
    }
}
