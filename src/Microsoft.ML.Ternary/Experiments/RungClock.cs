// How long trials train where time decides: what is left is divided equally among the rungs that are left, as successive halving
// divides its budget, and turned into steps by what trials were measured to take.
using System.Diagnostics;

namespace Microsoft.ML.Ternary.Experiments;

internal sealed class RungClock(Stopwatch started, TimeSpan? deadline)
{
    // Trials differ in speed, and the last rung must end within the budget to count.
    private const double UsedShare = 0.9;

    // The first trial also has to load, round and measure, for which there is no figure yet.
    private const double TrainingShareOfFirst = 0.6;

    private static readonly TimeSpan ShortestTraining = TimeSpan.FromMilliseconds(50);

    private double _overhead;
    private int _measured;

    public TimeSpan Elapsed => started.Elapsed;

    /// <summary>Time to the deadline; null where there is none.</summary>
    public TimeSpan? Remaining => deadline - started.Elapsed;

    /// <summary>How long the first trial may train.</summary>
    public TimeSpan FirstTrial(IReadOnlyList<HalvingRung> plan)
    {
        TimeSpan share = (Remaining ?? default) * (UsedShare * TrainingShareOfFirst / plan.Count / plan[0].Trials);
        return share > ShortestTraining ? share : ShortestTraining;
    }

    /// <summary>Notes the seconds that a trial took beside training.</summary>
    public void AddOverhead(double seconds) => _overhead += (Math.Max(0, seconds) - _overhead) / ++_measured;

    /// <summary>Steps that a rung's trials will have done at its end, at least one more than they have.</summary>
    /// <param name="promoted">Their results on the rung before.</param>
    /// <param name="rungsLeft">Rungs to come, this one included.</param>
    public int StepsOfRung(IReadOnlyList<TernaryTrialResult> promoted, int rungsLeft)
    {
        int done = promoted.Max(result => result.Trial.RungSteps);
        double seconds = (Remaining ?? default).TotalSeconds * UsedShare / rungsLeft - _overhead * promoted.Count;
        double secondsPerStep = promoted.Sum(result => result.Seconds / Math.Max(1, result.Trial.RungSteps));
        double steps = secondsPerStep > 0 ? Math.Clamp(seconds / secondsPerStep, 1, int.MaxValue / 2 - done) : 1;
        return done + (int)steps;
    }
}
