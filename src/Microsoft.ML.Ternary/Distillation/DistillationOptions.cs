// What a run of distillation needs besides its recipe: how long, on what, from where, and what to keep on the way.
namespace Microsoft.ML.Ternary.Distillation;

/// <summary>The number format of matrix products in training.</summary>
public enum MatrixPrecision
{
    /// <summary>bfloat16 where the processor multiplies it faster than float32, else float32.</summary>
    Auto,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16 operands, float32 sums. Codes and int8 activations are exact in it.</summary>
    BFloat16,
}

/// <summary>Settings of a distillation.</summary>
public sealed record DistillationOptions
{
    /// <summary>How the model is distilled.</summary>
    public TernaryRecipe Recipe { get; init; } = TernaryRecipe.Default;

    /// <summary>How long training may take. The number of steps is fixed from it after a few measured ones, and reported; it
    /// takes precedence over <see cref="TokenBudget"/> and <see cref="Epochs"/>.</summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>The number of steps; takes precedence over <see cref="TimeBudget"/>. With the same seed, data, threads and machine the same
    /// number of steps gives the same bytes.</summary>
    public int? Steps { get; init; }

    /// <summary>About how many tokens to train on, padding not counted; takes precedence over <see cref="Epochs"/>. The number of steps is
    /// fixed from it by the first texts of the corpus, and reported.</summary>
    public long? TokenBudget { get; init; }

    /// <summary>Passes over the corpus, where nothing else says when to end.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Most tokens of a training text, [CLS] and [SEP] included; 0 for the model's own maximum.</summary>
    public int MaxLength { get; init; }

    /// <summary>Linear layers that stay in full precision, by their names in the checkpoint; * and ? are wildcards
    /// (<c>encoder.layer.5.*</c>, <c>*.output.dense</c>).</summary>
    public IReadOnlyList<string> FullPrecisionLayers { get; init; } = [];

    /// <summary>Texts on which student and teacher are compared; keep them out of the corpus, or the figures flatter. Null sets some
    /// rows of the corpus aside, which are then not trained on.</summary>
    public IReadOnlyList<string>? HeldOut { get; init; }

    /// <summary>How often the held-out cosine is measured during the run; null for about twelve times.</summary>
    public TimeSpan? EvaluationInterval { get; init; }

    /// <summary>Seed of the order of the batches. Null is 1, and in an ML.NET pipeline the seed of the MLContext where it has one.</summary>
    public int? Seed { get; init; }

    /// <summary>Where the model is trained: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Anything but cpu needs a libtorch for it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The number format of matrix products.</summary>
    public MatrixPrecision Precision { get; init; } = MatrixPrecision.Auto;

    /// <summary>Threads of libtorch; 0 leaves its own choice, one a core.</summary>
    public int Threads { get; init; }

    /// <summary>A file that the state of training is written to, atomically, every <see cref="CheckpointInterval"/> and when the
    /// run is cancelled. Null writes none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Time between two checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether to go on from <see cref="CheckpointPath"/> where that file exists. The number of steps is the first run's,
    /// whatever <see cref="TimeBudget"/> says now, so that the model is the one that not stopping gives; <see cref="Steps"/> changes it. Of the
    /// recipe the learning rate and the clipping may be others than before; anything else is refused.</summary>
    public bool Resume { get; init; }

    /// <summary>The checkpoint of an earlier run, with any recipe, whose student this run begins with instead of the teacher's copy:
    /// a warm restart. Null begins with the teacher's copy.</summary>
    public string? StartFrom { get; init; }

    /// <summary>Whether there is a checkpoint to go on from.</summary>
    internal bool GoesOn => Resume && File.Exists(CheckpointPath);

    /// <summary>The seed that a run uses.</summary>
    internal int EffectiveSeed => Seed ?? 1;

    internal void Validate()
    {
        Recipe.Validate();
        Require(TimeBudget is null || TimeBudget > TimeSpan.Zero, nameof(TimeBudget), TimeBudget, "above zero");
        Require(Steps is null or > 0, nameof(Steps), Steps, "at least 1");
        Require(TokenBudget is null or > 0, nameof(TokenBudget), TokenBudget, "at least 1");
        Require(Epochs > 0, nameof(Epochs), Epochs, "at least 1");
        Require(MaxLength is 0 or >= 3, nameof(MaxLength), MaxLength, "at least 3, or 0 for the model's own");
        Require(Threads >= 0, nameof(Threads), Threads, "0 or more");
        Require(CheckpointInterval > TimeSpan.Zero, nameof(CheckpointInterval), CheckpointInterval, "above zero");
        Require(!Resume || CheckpointPath is not null, nameof(CheckpointPath), null, $"set when {nameof(Resume)} is");
        if (StartFrom is not null && !GoesOn && !File.Exists(StartFrom))
            throw new FileNotFoundException($"{nameof(DistillationOptions)}.{nameof(StartFrom)}: there is no checkpoint {StartFrom}.", StartFrom);
        Require(HeldOut is null or { Count: > 0 }, nameof(HeldOut), 0, "null or not empty");
    }

    private static void Require(bool holds, string option, object? value, string expected)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{nameof(DistillationOptions)}.{option} must be {expected}.");
    }
}
