// What is compared: a model behind a file, as an application would run it.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;

namespace Samples.QuickStart;

internal abstract class Contender(string name, string path) : IDisposable
{
    public string Name => name;

    public string Path => path;

    public abstract int Dimension { get; }

    /// <summary>What is on the disk: the file, or all files of the folder.</summary>
    public long DiskBytes => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
        : new FileInfo(path).Length;

    public float[] Embed(IReadOnlyList<string> texts, int threads)
    {
        float[] embeddings = new float[texts.Count * Dimension];
        Embed(texts, threads, embeddings);
        return embeddings;
    }

    public abstract void Dispose();

    protected abstract void Embed(IReadOnlyList<string> texts, int threads, Span<float> output);
}

/// <summary>The teacher in float32 on libtorch, which is how it is used where nothing is compressed.</summary>
internal sealed class TeacherContender(string name, string path, EmbeddingModel model) : Contender(name, path)
{
    private readonly TorchTextEncoder _encoder = new(model);

    public override int Dimension => _encoder.Dimension;

    public override void Dispose() => _encoder.Dispose();

    protected override void Embed(IReadOnlyList<string> texts, int threads, Span<float> output)
    {
        TorchTextEncoder.Threads = threads;
        _encoder.Embed(texts, output);
    }
}

/// <summary>A ternary file on this library's own kernels.</summary>
internal sealed class TernaryContender(string name, string path) : Contender(name, path)
{
    private readonly EmbeddingModel _model = EmbeddingModelFile.Load(path);
    private TextEncoder? _encoder;

    public override int Dimension => _model.Dimension;

    public override void Dispose() => _encoder?.Dispose();

    protected override void Embed(IReadOnlyList<string> texts, int threads, Span<float> output)
    {
        if (_encoder?.Options.MaxThreads != threads)
        {
            _encoder?.Dispose();
            _encoder = new TextEncoder(_model, new TextEncoderOptions { MaxThreads = threads });
        }
        _encoder.Embed(texts, output);
    }
}
