// Where a forward pass spends its time. The stages alternate many thousand times a second within one layer, so that a sampling
// profiler blurs them; reading the clock between them costs less than a thousandth.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Kernels;

/// <summary>A part of the forward pass.</summary>
internal enum Stage
{
    /// <summary>Token, position and type embeddings and their norm.</summary>
    Embedding,

    /// <summary>Turning int8 codes into look-up tables.</summary>
    Tables,

    /// <summary>Integer sums of products, and what scales them.</summary>
    Gemm,

    /// <summary>Activation functions and rounding of what follows them.</summary>
    Activation,

    /// <summary>Residual sums, layer norms and rounding of what follows them.</summary>
    Norm,

    /// <summary>Scores, softmax and their products with the values.</summary>
    Attention,

    /// <summary>Rounding what attention gathered.</summary>
    Quantize,

    /// <summary>Waiting for other threads of a team.</summary>
    Wait,

    /// <summary>Pooling, dense modules and normalisation of the embeddings.</summary>
    Head,
}

/// <summary>Time spent in each <see cref="Stage"/> by one thread.</summary>
internal sealed class StageTimes
{
    private readonly long[] _ticks = new long[Enum.GetValues<Stage>().Length];
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Begins a measured stretch.</summary>
    public void Start() => _last = Stopwatch.GetTimestamp();

    /// <summary>Counts what passed since the last call for <paramref name="stage"/>.</summary>
    public void Add(Stage stage)
    {
        long now = Stopwatch.GetTimestamp();
        _ticks[(int)stage] += now - _last;
        _last = now;
    }

    /// <summary>Forgets what was counted.</summary>
    public void Clear() => Array.Clear(_ticks);

    /// <summary>Seconds spent in a stage.</summary>
    public double Seconds(Stage stage) => (double)_ticks[(int)stage] / Stopwatch.Frequency;
}
