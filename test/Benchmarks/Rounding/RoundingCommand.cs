// rounding: what each way of rounding does to a model's weights and embeddings. The steps of
// TernaryScaling are its figures, and so is what two planes with a scale each have over balanced ternary with one.
using System.Globalization;
using System.Numerics.Tensors;
using Benchmarks.Reports;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Evaluation;
using Samples.Common;
using Spectre.Console;

namespace Benchmarks.Rounding;

/// <summary>Compares ways of rounding.</summary>
/// <param name="folder">A model in full precision.</param>
/// <param name="texts">Held-out glosses to compare embeddings on.</param>
/// <param name="json">Where the rows go too; null for nowhere.</param>
/// <param name="cancellation">Stops between two ways.</param>
internal sealed class RoundingCommand(string folder, int texts, string? json, CancellationToken cancellation)
{
    private readonly EmbeddingModel _model = HuggingFaceFolder.Load(folder);
    private readonly string[] _texts = [.. HeldOut.Glosses().Take(texts)];

    /// <summary>Measures and shows.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Run()
    {
        List<RoundingRow> rows = [];
        float[] expected = Embed(_model);
        foreach (RoundingMethod method in RoundingMethod.All)
        {
            cancellation.ThrowIfCancellationRequested();
            Screen.Progress(method.Name);
            EmbeddingModel rounded = method.Round(_model);
            rows.AddRange(Errors(method.Name, rounded, EmbeddingAgreement.Measure(expected, Embed(rounded), _model.Dimension)));
        }
        foreach (RoundingMethod method in RoundingMethod.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Add(Errors(method.Name, method.Round(_model), agreement: null)[^1]);
        }
        if (json is not null)
            Reports.JsonFile.Write(json, rows);
        Show(rows);
    }

    private float[] Embed(EmbeddingModel model)
    {
        using TextEncoder encoder = new(model);
        float[] embeddings = new float[_texts.Length * encoder.Dimension];
        encoder.Embed(_texts, embeddings, cancellation);
        return embeddings;
    }

    private List<RoundingRow> Errors(string method, EmbeddingModel rounded, EmbeddingAgreement? agreement)
    {
        Dictionary<string, (double Error, double Square)> sums = [];
        foreach ((BertLayerWeights before, BertLayerWeights after) in _model.Weights.Layers.Zip(rounded.Weights.Layers))
        {
            foreach (((string name, LinearWeights full), (_, LinearWeights few)) in before.Linears().Zip(after.Linears()))
            {
                float[] values = ((DenseLinearWeights)full).Matrix;
                double distance = TensorPrimitives.Distance<float>(values, ((DenseLinearWeights)few).Matrix);
                (double error, double square) = sums.GetValueOrDefault(name);
                sums[name] = (error + distance * distance, square + TensorPrimitives.SumOfSquares<float>(values));
            }
        }
        List<RoundingRow> rows = [.. sums.Select(sum => new RoundingRow(method, sum.Key, sum.Value.Error / sum.Value.Square, null, null))];
        double overall = sums.Values.Sum(sum => sum.Error) / sums.Values.Sum(sum => sum.Square);
        rows.Add(new RoundingRow(method, RoundingRow.AllLayers, overall, agreement?.CosineMean, agreement?.CosineP5));
        return rows;
    }

    private void Show(List<RoundingRow> rows)
    {
        string[] kinds = [.. rows.Select(row => row.Layers).Distinct()];
        Table table = new Table().Border(TableBorder.SimpleHeavy).AddColumn("rounding");
        foreach (string column in kinds.Append("cosine").Append("p5"))
            table.AddColumn(column, added => added.RightAligned());
        foreach (IGrouping<string, RoundingRow> method in rows.GroupBy(row => row.Method))
        {
            string[] errors = [.. kinds.Select(kind => Number(method.FirstOrDefault(row => row.Layers == kind)?.RelativeSquaredError, "0.00000"))];
            RoundingRow all = method.Last();
            table.AddRow([method.Key, .. errors, Number(all.CosineMean, "0.0000"), Number(all.CosineP5, "0.0000")]);
        }
        Screen.Write(table);
        Screen.Say($"Squared error of the weights over their squares, and cosine of the embeddings of {_texts.Length} held-out glosses to full precision; weights rounded, activations in float32.");
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
