// What the program does, apart from its command line.
using System.Globalization;
using Microsoft.ML.Ternary.Ann;

namespace Samples.TuneIndex;

internal static class TuneCommand
{
    private const int Cancelled = 130;

    public static Task<int> Run(string input, string? queries, string? output, Func<AnnTuningOptions> options, CancellationToken cancellation) =>
        Task.Run(() =>
        {
            try
            {
                Tune(input, queries, output, options(), cancellation);
                return 0;
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine("Cancelled; nothing was written.");
                return Cancelled;
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or OverflowException)
            {
                Console.Error.WriteLine("error: " + e.Message);
                return 1;
            }
        });

    private static void Tune(string input, string? queryFile, string? output, AnnTuningOptions options, CancellationToken cancellation)
    {
        VectorFile vectors = VectorFile.Read(input);
        ConsoleProgress progress = new();
        AnnTuningResult result;
        if (queryFile is null)
        {
            result = AnnIndexTuner.Tune(vectors.Components, vectors.Dimension, options, progress, cancellation);
        }
        else
        {
            VectorFile queries = VectorFile.Read(queryFile);
            if (queries.Dimension != vectors.Dimension)
                throw new InvalidDataException($"{queryFile} has vectors of dimension {queries.Dimension}, {input} of {vectors.Dimension}.");
            result = AnnIndexTuner.Tune(vectors.Components, vectors.Dimension, queries.Components, options, progress, cancellation);
        }
        result.Print(Console.Out);
        if (output is null)
            return;
        VectorIndex index = result.Build(vectors.Components, cancellation: cancellation);
        index.Save(output);
        Console.Error.WriteLine($"Saved {index.Count:N0} vectors to {output}.");
    }

    private sealed class ConsoleProgress : IProgress<AnnTuningProgress>
    {
        public void Report(AnnTuningProgress value) =>
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Elapsed.TotalSeconds,6:F1} s  {value.Message}"));
    }
}
