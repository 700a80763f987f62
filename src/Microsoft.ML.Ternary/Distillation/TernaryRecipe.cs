// A recipe is everything about a distillation that decides its quality and not its length: how weights become ternary, what
// the student is asked to match, and how it moves there.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Distillation;

/// <summary>How the student's last hidden states are compared with the teacher's, over real tokens only.</summary>
public enum HiddenStateLoss
{
    /// <summary>Mean of the squared differences over tokens and components.</summary>
    MeanSquaredError,

    /// <summary>Sum of the squared differences divided by the sum of the teacher's squares: the same scale for every teacher. Taken
    /// over the parts, of about a thousand tokens, that a batch is computed in, and averaged by their tokens.</summary>
    RelativeMeanSquaredError,
}

/// <summary>What the student's attention is asked to match, over real tokens only.</summary>
public enum AttentionLoss
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>How queries relate to queries, keys to keys and values to values: for each head, the Kullback-Leibler divergence between
    /// the softmaxed scaled products of teacher and student, averaged over tokens, heads and the three (MiniLMv2, arXiv 2012.15828).</summary>
    Relations,

    /// <summary>Mean of the squared differences of the attention scores before the softmax, over pairs of tokens and heads (TernaryBERT,
    /// arXiv 2009.12812).</summary>
    Scores,
}

/// <summary>How the similarities of a batch's texts are compared between teacher and student.</summary>
public enum SimilarityLoss
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Kullback-Leibler divergence between the softmaxes of each text's cosines to the others, divided by
    /// <see cref="TernaryRecipe.SimilarityTemperature"/>.</summary>
    KullbackLeibler,

    /// <summary>Mean of the squared differences of the cosines.</summary>
    SquaredError,
}

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>Half a cosine from the peak to zero at the last step.</summary>
    Cosine,

    /// <summary>Constant within an epoch, multiplied by <see cref="TernaryRecipe.EpochDecay"/> after each.</summary>
    EpochStep,
}

/// <summary>How a model is distilled into its own ternary copy. Immutable; vary one with <c>with</c>.</summary>
public sealed record TernaryRecipe
{
    /// <summary>The reference's recipe (arXiv 2411.15438): one scale a matrix with threshold 2 x mean|w|, mean squared error of
    /// the last hidden states, Adam at 1e-4, multiplied by 0.2 after each epoch.</summary>
    public static TernaryRecipe Paper { get; } = new()
    {
        Name = "paper",
        Scaling = TernaryScaling.PerMatrix(),
        Digits = TernaryDigits.One,
        TokenEmbeddings = TokenEmbeddingFormat.Int8,
        HiddenStateLoss = HiddenStateLoss.MeanSquaredError,
        EmbeddingCosineWeight = 0,
        TrainEmbeddings = true,
        LearningRate = 1e-4,
        Decay = LearningRateDecay.EpochStep,
        WarmUp = 0,
        GradientClipping = 0,
    };

    /// <summary>What was measured to keep most of a real teacher: two ternary digits a weight with a least-squares scale a row, token
    /// embeddings of three bits that are trained with the rest, relative error of the last hidden states plus cosine of the
    /// embeddings, warm-up, clipping and a cosine decay from a rate that falls with the length of the run.</summary>
    public static TernaryRecipe Default { get; } = new() { Name = "default" };

    /// <summary>The smallest encoder and the fastest: one ternary digit a weight, as the paper has it, and the rest as in
    /// <see cref="Default"/>.</summary>
    public static TernaryRecipe OneDigit { get; } = new() { Name = "one-digit", Digits = TernaryDigits.One };

    /// <summary>Its name in reports and in a model's provenance.</summary>
    public string Name { get; init; } = "custom";

    /// <summary>How a weight matrix becomes codes and scales.</summary>
    public TernaryScaling Scaling { get; init; } = TernaryScaling.PerRow();

    /// <summary>How many ternary digits the weights of each layer have. With <see cref="TernaryDigits.Automatic"/> the layers are chosen on
    /// the held-out texts before training begins.</summary>
    public TernaryDigits Digits { get; init; } = TernaryDigits.Two;

    /// <summary>Whether training rounds the input of every ternary layer to int8 a token, as the packed kernels do.</summary>
    public bool SimulateInt8Activations { get; init; } = true;

    /// <summary>The form that token embeddings are stored in. What int4 and int3 lose is simulated in training, so that the encoder, and
    /// with <see cref="TrainEmbeddings"/> the table, learn to make up for it.</summary>
    public TokenEmbeddingFormat TokenEmbeddings { get; init; } = TokenEmbeddingFormat.Int3;

    /// <summary>Whether token and position embeddings are trained with the rest instead of shared with the teacher. Adam moves the rows
    /// of the tokens that a batch holds.</summary>
    public bool TrainEmbeddings { get; init; } = true;

    /// <summary>How the last hidden states are compared.</summary>
    public HiddenStateLoss HiddenStateLoss { get; init; } = HiddenStateLoss.RelativeMeanSquaredError;

    /// <summary>Weight of the hidden-state loss.</summary>
    public float HiddenStateWeight { get; init; } = 1;

    /// <summary>The layers whose hidden states are compared, as TinyBERT (arXiv 1909.10351) and TernaryBERT (arXiv 2009.12812) compare
    /// all.</summary>
    public LayerWeights HiddenStateLayers { get; init; } = LayerWeights.Last;

    /// <summary>Weight of 1 - cosine between the teacher's and the student's embeddings.</summary>
    public float EmbeddingCosineWeight { get; init; } = 1;

    /// <summary>What the student's attention is asked to match. It is computed a second time for that, so a step takes longer.</summary>
    public AttentionLoss AttentionLoss { get; init; }

    /// <summary>Weight of the attention loss.</summary>
    public float AttentionWeight { get; init; } = 1;

    /// <summary>The layers whose attention is compared; MiniLMv2 has one.</summary>
    public LayerWeights AttentionLayers { get; init; } = LayerWeights.Last;

    /// <summary>How the similarities of texts to one another are compared, within the parts, of about a thousand tokens, that a batch is
    /// computed in.</summary>
    public SimilarityLoss SimilarityLoss { get; init; }

    /// <summary>Weight of the similarity loss. Small: Kullback-Leibler at weight 1 and temperature 0.05 swamped the other losses
    /// (cosine .77 on held-out texts where hidden states alone reached .835).</summary>
    public float SimilarityWeight { get; init; } = 0.1f;

    /// <summary>What cosines are divided by before the softmax of <see cref="SimilarityLoss.KullbackLeibler"/>.</summary>
    public float SimilarityTemperature { get; init; } = 0.05f;

    /// <summary>Weight of 1 - cosine between the teacher's and the student's embeddings cut to <see cref="MatryoshkaComponents"/>, averaged
    /// over the counts (arXiv 2205.13147).</summary>
    public float MatryoshkaWeight { get; init; }

    /// <summary>How many components embeddings are cut to. Counts that a model does not have are passed over.</summary>
    public ComponentCounts MatryoshkaComponents { get; init; } = ComponentCounts.Usual;

    /// <summary>The form that users will store embeddings in: what it loses is simulated in a loss of its own, through which the gradient
    /// passes straight. <see cref="EmbeddingForm.Float32"/> turns it off.</summary>
    public EmbeddingForm OutputForm { get; init; }

    /// <summary>Weight of 1 - cosine between the teacher's embeddings and the student's in <see cref="OutputForm"/>.</summary>
    public float OutputFormWeight { get; init; } = 1;

    /// <summary>Share of all steps, from 0 to below 1, over which the weights go from full precision to ternary: a weight w counts as
    /// (1 - a) w + a ternary(w), and a rises linearly from 0 to 1. Activations are rounded from the first step. 0 turns it off.</summary>
    public double PrecisionRamp { get; init; }

    /// <summary>Whether each scale is multiplied by a trained factor, which begins at 1. (Full-precision weights move beside it, and the scale
    /// follows them as before.)</summary>
    public bool LearnedScales { get; init; }

    /// <summary>Decoupled decay of the full-precision values of ternary matrices: each step takes the learning rate times this share of
    /// them away (arXiv 1711.05101). 0 turns it off.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Texts a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Peak learning rate of Adam, or null to choose it by the number of tokens the run will see and the digits of a weight: with
    /// one digit about 1e-3 for a run of minutes, 4e-4 for twenty, 2e-4 for hours; with two 2e-4 for minutes, 1e-4 for an hour.</summary>
    public double? LearningRate { get; init; }

    /// <summary>How the learning rate falls.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Cosine;

    /// <summary>The factor of <see cref="LearningRateDecay.EpochStep"/>.</summary>
    public double EpochDecay { get; init; } = 0.2;

    /// <summary>Share of all steps, from 0 to 1, over which the learning rate rises linearly to its peak.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Largest L2 norm of the gradient over all parameters; longer ones are scaled down. 0 turns clipping off.</summary>
    public double GradientClipping { get; init; } = 1;

    /// <summary>Adam's decay of the first moment.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Adam's decay of the second moment.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Adam's epsilon.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    internal void Validate()
    {
        Require(BatchSize > 0, nameof(BatchSize), BatchSize, "at least 1");
        Require(LearningRate is null or (> 0 and < double.PositiveInfinity), nameof(LearningRate), LearningRate, "above 0, or null to choose it");
        Require(WarmUp is >= 0 and < 1, nameof(WarmUp), WarmUp, "a share of the steps from 0 to below 1");
        Require(GradientClipping is >= 0 and < double.PositiveInfinity, nameof(GradientClipping), GradientClipping, "0 (off) or more");
        foreach ((string name, float weight) in Weights())
            Require(weight >= 0 && float.IsFinite(weight), name, weight, "0 or more");
        Require(Weights().Any(loss => loss.Weight > 0), nameof(HiddenStateWeight), HiddenStateWeight, "above 0, or the weight of another loss that is turned on");
        Require(SimilarityTemperature > 0, nameof(SimilarityTemperature), SimilarityTemperature, "above 0");
        Require(PrecisionRamp is >= 0 and < 1, nameof(PrecisionRamp), PrecisionRamp, "a share of the steps from 0 to below 1");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 (off) or more");
        Require(EpochDecay > 0, nameof(EpochDecay), EpochDecay, "above 0");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "from 0 to below 1");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "from 0 to below 1");
        Require(Epsilon > 0, nameof(Epsilon), Epsilon, "above 0");
    }

    // Of the losses that are turned on.
    private IEnumerable<(string Name, float Weight)> Weights()
    {
        yield return (nameof(HiddenStateWeight), HiddenStateWeight);
        yield return (nameof(EmbeddingCosineWeight), EmbeddingCosineWeight);
        yield return (nameof(MatryoshkaWeight), MatryoshkaWeight);
        if (AttentionLoss != AttentionLoss.None)
            yield return (nameof(AttentionWeight), AttentionWeight);
        if (SimilarityLoss != SimilarityLoss.None)
            yield return (nameof(SimilarityWeight), SimilarityWeight);
        if (OutputForm != EmbeddingForm.Float32)
            yield return (nameof(OutputFormWeight), OutputFormWeight);
    }

    private static void Require(bool holds, string option, object? value, string expected)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(option, value, $"{nameof(TernaryRecipe)}.{option} must be {expected}.");
    }
}
