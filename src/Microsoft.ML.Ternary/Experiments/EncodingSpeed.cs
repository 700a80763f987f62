// How fast a packed model is on this machine. What else the machine does only ever slows a run down, so of several runs the third
// quartile counts.
using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Experiments;

internal static class EncodingSpeed
{
    private const int MostTexts = 256, TextsOneByOne = 32;
    private const int FewestRuns = 3;
    private const double Seconds = 0.3;

    /// <summary>Milliseconds a text one by one, and texts a second all at once.</summary>
    public static (double MillisecondsPerText, double TextsPerSecond) Measure(
        EmbeddingModel model, IReadOnlyList<string> texts, int threads, CancellationToken cancellation)
    {
        using TextEncoder encoder = new(model, new TextEncoderOptions { MaxThreads = threads });
        string[] all = [.. texts.Take(MostTexts)];
        string[] some = [.. texts.Take(TextsOneByOne)];
        float[] output = new float[all.Length * encoder.Dimension];
        double atOnce = TextsPerSecond(all.Length, () => encoder.Embed(all, output, cancellation), cancellation);
        double oneByOne = TextsPerSecond(some.Length, () =>
        {
            foreach (string text in some)
                encoder.Embed(text);
        }, cancellation);
        return (1000 / oneByOne, atOnce);
    }

    private static double TextsPerSecond(int texts, Action embed, CancellationToken cancellation)
    {
        embed();
        List<double> rates = [];
        Stopwatch all = Stopwatch.StartNew();
        while (rates.Count < FewestRuns || all.Elapsed.TotalSeconds < Seconds)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            embed();
            rates.Add(texts / Math.Max(Stopwatch.GetElapsedTime(start).TotalSeconds, 1e-9));
        }
        return Percentile.Of([.. rates], 75);
    }
}
