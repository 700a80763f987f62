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

    /// <summary>The lowest running mean of the loss so far (<see cref="LossWatch"/>); null before there is one.</summary>
    public double? BestLoss { get; set; }

    /// <summary>How many steps on end the loss has been far above it.</summary>
    public int StepsAboveBest { get; set; }

    /// <summary>The highest mean cosine measured on held-out texts so far; null before the first.</summary>
    public double? BestCosine { get; set; }

    /// <summary>Tokens computed at once; 0 where memory never ran short. It decides the order of sums.</summary>
    public int TokensAtOnce { get; set; }

    /// <summary>Whether the peak of the learning rate was chosen for the length of the run, and not by the recipe.</summary>
    public bool PeakIsChosen { get; set; }

    /// <summary>The loss so far.</summary>
    public List<LossPoint> LossCurve { get; init; } = [];

    /// <summary>The same state, which later steps leave as it is.</summary>
    public DistillationState Copy() => this with { LossCurve = [.. LossCurve] };
}
