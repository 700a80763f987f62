// The two ways to embed that the experiment compares: the teacher as it is used where nothing is compressed, and its ternary copy.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Encoders;
using Samples.Common;

namespace Benchmarks.Ann.Paper;

/// <summary>Embeds texts.</summary>
/// <param name="name">Its name in results.</param>
/// <param name="dimension">Components of an embedding.</param>
/// <param name="embed">Embeds texts into an array.</param>
/// <param name="owned">What runs it.</param>
internal sealed class PaperEncoder(string name, int dimension, Action<string[], float[]> embed, IDisposable owned) : IDisposable
{
    public const string TeacherName = "teacher", TernaryName = "ternary";

    private const int WarmUpTexts = 64;

    public string Name => name;

    public int Dimension => dimension;

    /// <summary>The full-precision teacher in float32 on libtorch.</summary>
    public static PaperEncoder Teacher(int threads, CancellationToken cancellation)
    {
        TorchTextEncoder encoder = new(EmbeddingModelFile.Load(RepositoryFiles.Teacher));
        TorchTextEncoder.Threads = threads;
        return new PaperEncoder(TeacherName, encoder.Dimension, (texts, output) => encoder.Embed(texts, output, cancellation), encoder);
    }

    /// <summary>The shipped ternary model on this library's kernels.</summary>
    public static PaperEncoder Ternary(int threads, CancellationToken cancellation)
    {
        TextEncoder encoder = new(EmbeddingModelFile.Load(RepositoryFiles.TernaryModel), new TextEncoderOptions { MaxThreads = threads });
        return new PaperEncoder(TernaryName, encoder.Dimension, (texts, output) => encoder.Embed(texts, output, cancellation), encoder);
    }

    /// <summary>Embeds a few texts unmeasured: code is compiled, buffers grow.</summary>
    public void WarmUp(string[] texts) => Embed([.. texts.Take(WarmUpTexts)]);

    /// <summary>Embeds texts, in their order.</summary>
    public float[] Embed(string[] texts)
    {
        float[] output = new float[texts.Length * dimension];
        embed(texts, output);
        return output;
    }

    public void Dispose() => owned.Dispose();
}
