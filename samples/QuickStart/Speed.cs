// Sentences a second, contenders taking turns, so that what else the machine does falls on all of them alike.
using System.Diagnostics;

namespace Samples.QuickStart;

internal static class Speed
{
    private const int Rounds = 3;

    /// <summary>The median of a few rounds for each contender; the first round only warms up.</summary>
    public static double[] SentencesPerSecond(IReadOnlyList<Contender> contenders, IReadOnlyList<string> texts, int threads, CancellationToken cancellation)
    {
        double[][] seconds = [.. contenders.Select(_ => new double[Rounds])];
        for (int round = -1; round < Rounds; round++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Stopwatch clock = Stopwatch.StartNew();
                contenders[i].Embed(texts, threads);
                if (round >= 0)
                    seconds[i][round] = clock.Elapsed.TotalSeconds;
            }
        }
        return [.. seconds.Select(rounds => texts.Count / rounds.Order().ElementAt(Rounds / 2))];
    }
}
