// Where a run stands, apart from the weights: what a checkpoint must hold so that going on gives the same model as never stopping.
namespace Microsoft.ML.Ternary.Distillation;

internal sealed record DistillationState
{
    /// <summary>Steps done.</summary>
    public int Step { get; set; }

    /// <summary>Steps in all.</summary>
    public int TotalSteps { get; set; }

    /// <summary>The learning rate's peak.</summary>
    public double PeakLearningRate { get; set; }

    /// <summary>The next batch.</summary>
    public CorpusPosition Position { get; set; }

    /// <summary>Texts trained on.</summary>
    public long Texts { get; set; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; set; }

    /// <summary>Seconds of training.</summary>
    public double Seconds { get; set; }

    /// <summary>Running mean of the loss.</summary>
    public double Loss { get; set; }

    /// <summary>The loss so far.</summary>
    public List<LossPoint> LossCurve { get; init; } = [];
}
