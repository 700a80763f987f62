// Suspects that a loss has exploded. It only suspects: a corpus may turn to harder texts, and a rounded student may lose before it wins, so
// that the held-out texts, which do not change, have the last word.
namespace Microsoft.ML.Ternary.Distillation;

internal static class LossWatch
{
    /// <summary>How far above its best running mean every batch must be.</summary>
    /// <remarks>Single batches reach two or three times the mean, because some texts are harder; losses that are bounded (relative error,
    /// cosine) end at ten times their best and more where a trained student is lost.</remarks>
    public const double Factor = 4;

    /// <summary>Through how many steps on end. Batches come in random order: even if one in a hundred were so high, fifty in a row would have
    /// a probability of 1e-100.</summary>
    public const int Steps = 50;

    /// <summary>The first running mean that counts as the best: one of fewer batches may be low by luck.</summary>
    public const int BatchesOfFirstMean = 10;

    // Cosines: a student that lost less is not lost, whatever its loss.
    private const double DistanceFactor = 2, DistanceMargin = 0.05;

    /// <summary>Looks at the loss of the batch after <see cref="DistillationState.Step"/> steps; true where it has been far above its best for
    /// long.</summary>
    /// <param name="state">Where the run stands.</param>
    /// <param name="loss">The loss of the batch.</param>
    /// <param name="unwatched">The share of all steps, from 0 to 1, in which nothing is suspected: the warm-up, when rates and losses both
    /// rise, and the ramp from full precision to ternary.</param>
    public static bool Suspects(DistillationState state, double loss, double unwatched)
    {
        bool high = state.Step >= unwatched * state.TotalSteps && loss > Factor * state.BestLoss;
        state.StepsAboveBest = high ? state.StepsAboveBest + 1 : 0;
        return state.StepsAboveBest >= Steps;
    }

    /// <summary>Takes note of a new running mean, once <paramref name="ramp"/>, the share of the steps in which the weights become ternary, is
    /// over: before they are, the loss is low for no merit.</summary>
    public static void Learn(DistillationState state, double ramp = 0)
    {
        if (state.Step >= Math.Max(BatchesOfFirstMean, ramp * state.TotalSteps) && !(state.Loss >= state.BestLoss))
            state.BestLoss = state.Loss;
    }

    /// <summary>The suspicion was wrong: the present level is what later losses are held against.</summary>
    public static void Acquit(DistillationState state) => (state.BestLoss, state.StepsAboveBest) = (state.Loss, 0);

    /// <summary>Whether a student whose held-out cosine was once <paramref name="best"/> is lost at <paramref name="now"/>: more than twice as
    /// far from its teacher, and by more than what separates usable students.</summary>
    public static bool IsLost(double? best, double now) =>
        best is double known && double.IsFinite(known) && !(1 - now <= DistanceFactor * (1 - known) + DistanceMargin);
}
