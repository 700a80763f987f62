// One row of gemm's results.
using System.Globalization;
using Benchmarks.Gemm;
using Benchmarks.Measurement;

namespace Benchmarks.Reports;

/// <summary>One engine on one layer and number of rows.</summary>
internal sealed class GemmRow(GemmProblem problem, string models, CellTimes cell, int index, int threads, double cosine, double peak)
    : MeasuredRow(cell, index, threads, problem.Shape.MultiplyAdds, peak)
{
    /// <summary>Models that have such a layer.</summary>
    public string Models => models;

    /// <summary>Rows: tokens.</summary>
    public int M => problem.Shape.Rows;

    /// <summary>Outputs.</summary>
    public int N => problem.Shape.Outputs;

    /// <summary>Inputs.</summary>
    public int K => problem.Shape.Inputs;

    /// <summary>Ternary digits a weight.</summary>
    public int Digits => problem.Matrix.Digits;

    /// <summary>Cosine of the first rows to plain dot products.</summary>
    public double Cosine => cosine;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{M,5} x {N,4} x {K,4} {Digits} digit(s) {Figures}");
}
