// What the benchmark asks of everything that turns token ids into embeddings.
using Benchmarks.Models;

namespace Benchmarks.Engines;

/// <summary>A model loaded into one engine with a fixed number of threads.</summary>
internal abstract class EncodeEngine : IDisposable
{
    /// <summary>The embeddings of the last <see cref="Run"/>, sequences x dimension.</summary>
    public abstract ReadOnlySpan<float> Embeddings { get; }

    /// <summary>Takes the next batch; what is done once for a batch, such as laying out inputs, is done here and not timed.</summary>
    public abstract void Prepare(BenchmarkBatch batch);

    /// <summary>Embeds the batch: what is timed.</summary>
    public abstract void Run();

    /// <summary>The share of each stage in the time of the batch, in percent, from runs of their own; null where the engine does
    /// not say.</summary>
    public virtual IReadOnlyDictionary<string, double>? TimeShares() => null;

    /// <inheritdoc/>
    public abstract void Dispose();
}
