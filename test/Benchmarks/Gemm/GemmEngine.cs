// What the benchmark asks of everything that computes a linear layer. Rounding activations is part of the work wherever weights
// are integers.

namespace Benchmarks.Gemm;

/// <summary>A linear layer loaded into one engine.</summary>
internal abstract class GemmEngine : IDisposable
{
    /// <summary>Rows x outputs of the last <see cref="Run"/>.</summary>
    public abstract ReadOnlySpan<float> Output { get; }

    /// <summary>Computes y = W x + b for all rows: what is timed.</summary>
    public abstract void Run();

    /// <inheritdoc/>
    public abstract void Dispose();
}
