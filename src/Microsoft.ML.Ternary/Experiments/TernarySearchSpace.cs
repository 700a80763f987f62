// What an experiment may vary. The defaults are the ranges in which good values lay for a real teacher; each option can be
// narrowed to fewer values or a single one, widened, or taken out.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Experiments;

/// <summary>The settings that an experiment searches, each with the values it may take. An option that is null is not searched: the
/// setting stays as in the recipe that the experiment begins with.</summary>
/// <remarks>The length of training is not among them: it is what successive halving deals out.</remarks>
/// <example><code><![CDATA[
/// TernarySearchSpace space = new()
/// {
///     Digits = RecipeOption.Choice(TernaryDigits.One, TernaryDigits.FeedForwardTwo),
///     LearningRate = RecipeOption.LogUniform(2e-4, 1e-3),
///     BatchSize = 32,
///     ScalePerRow = null,
/// };
/// ]]></code></example>
public sealed record TernarySearchSpace
{
    private const int NamedOptions = 12;

    /// <summary>Options that this space has, and so positions that a candidate is made from.</summary>
    internal int Dimensions => NamedOptions + Settings.Count;

    /// <summary>Nothing is searched: begin with it to search a few settings only.</summary>
    public static TernarySearchSpace Empty { get; } = new()
    {
        Digits = null,
        TokenEmbeddings = null,
        FullPrecisionLayers = null,
        ScalePerRow = null,
        RowThreshold = null,
        MatrixThreshold = null,
        Step = null,
        HiddenStateLoss = null,
        EmbeddingCosineWeight = null,
        LearningRate = null,
        BatchSize = null,
        TrainEmbeddings = null,
    };

    /// <summary><see cref="TernaryRecipe.Digits"/>. Default: one, two in the feed-forward layers, two.</summary>
    public RecipeOption<TernaryDigits>? Digits { get; init; } =
        RecipeOption.Choice(TernaryDigits.One, TernaryDigits.FeedForwardTwo, TernaryDigits.Two);

    /// <summary><see cref="TernaryRecipe.TokenEmbeddings"/>. Default: int8, int4, int3.</summary>
    public RecipeOption<TokenEmbeddingFormat>? TokenEmbeddings { get; init; } =
        RecipeOption.Choice(TokenEmbeddingFormat.Int8, TokenEmbeddingFormat.Int4, TokenEmbeddingFormat.Int3);

    /// <summary><see cref="DistillationOptions.FullPrecisionLayers"/>, each value a list of patterns. Default: not searched, because a
    /// second digit keeps as much in a fifth of the bytes.</summary>
    public RecipeOption<IReadOnlyList<string>>? FullPrecisionLayers { get; init; }

    /// <summary>Whether each row of a matrix has a scale of its own. Default: three times out of four, as rows have been the better
    /// choice.</summary>
    public RecipeOption<bool>? ScalePerRow { get; init; } = RecipeOption.Choice(true, true, true, false);

    /// <summary>The threshold of one digit with a scale a row, in units of the row's mean absolute weight. Default: 0.5 to 1.</summary>
    public RecipeOption<double>? RowThreshold { get; init; } = RecipeOption.Uniform(0.5, 1);

    /// <summary>The threshold of one digit with a scale a matrix, in units of its mean absolute weight. Default: 1 to 3.</summary>
    public RecipeOption<double>? MatrixThreshold { get; init; } = RecipeOption.Uniform(1, 3);

    /// <summary>The step of two digits, in units of the mean absolute weight. Default: 0.6 to 0.9.</summary>
    public RecipeOption<double>? Step { get; init; } = RecipeOption.Uniform(0.6, 0.9);

    /// <summary><see cref="TernaryRecipe.HiddenStateLoss"/>. Default: both.</summary>
    public RecipeOption<HiddenStateLoss>? HiddenStateLoss { get; init; } =
        RecipeOption.Choice(Distillation.HiddenStateLoss.RelativeMeanSquaredError, Distillation.HiddenStateLoss.MeanSquaredError);

    /// <summary><see cref="TernaryRecipe.EmbeddingCosineWeight"/>, beside the hidden states' weight of the recipe. Default: 0.3 to 10,
    /// logarithmic.</summary>
    public RecipeOption<double>? EmbeddingCosineWeight { get; init; } = RecipeOption.LogUniform(0.3, 10);

    /// <summary><see cref="TernaryRecipe.LearningRate"/>. Default: 1e-4 to 1e-3, logarithmic.</summary>
    public RecipeOption<double>? LearningRate { get; init; } = RecipeOption.LogUniform(1e-4, 1e-3);

    /// <summary><see cref="TernaryRecipe.BatchSize"/>. Default: 16, 32, 64. All train on equally much text.</summary>
    public RecipeOption<int>? BatchSize { get; init; } = RecipeOption.Choice(16, 32, 64);

    /// <summary><see cref="TernaryRecipe.TrainEmbeddings"/>. Default: both.</summary>
    public RecipeOption<bool>? TrainEmbeddings { get; init; } = RecipeOption.Choice(false, true);

    /// <summary>Any other settings of the recipe, each with the values it may take as <see cref="RecipeSettings"/> writes them, such as
    /// <c>("SimilarityLoss", RecipeOption.Choice("None", "SquaredError"))</c>. A setting that has an option of its own above takes its
    /// values from here. Default: none.</summary>
    public IReadOnlyList<(string Name, RecipeOption<string> Values)> Settings { get; init; } = [];

    /// <summary>A candidate.</summary>
    /// <param name="start">The settings that are not searched.</param>
    /// <param name="positions">Where in each option, <see cref="Dimensions"/> numbers from 0 to below 1; null keeps each setting of
    /// <paramref name="start"/> that its option contains, and takes the middle of the others.</param>
    internal (TernaryRecipe Recipe, IReadOnlyList<string> FullPrecisionLayers) Candidate(DistillationOptions start, double[]? positions)
    {
        int next = 0;
        TernaryRecipe recipe = start.Recipe;
        TernaryDigits digits = Take(Digits, recipe.Digits);
        TokenEmbeddingFormat embeddings = Take(TokenEmbeddings, recipe.TokenEmbeddings);
        IReadOnlyList<string> layers = Take(FullPrecisionLayers, start.FullPrecisionLayers);
        TernaryScaling scaling = Scaling(recipe.Scaling);
        recipe = recipe with
        {
            Digits = digits,
            TokenEmbeddings = embeddings,
            Scaling = scaling,
            HiddenStateLoss = Take(HiddenStateLoss, recipe.HiddenStateLoss),
            EmbeddingCosineWeight = (float)Take(EmbeddingCosineWeight, recipe.EmbeddingCosineWeight),
            // A rate that is chosen by the length of the run is no number, so no range contains it.
            LearningRate = LearningRate is null ? recipe.LearningRate : Take(LearningRate, recipe.LearningRate ?? double.NaN),
            BatchSize = Take(BatchSize, recipe.BatchSize),
            TrainEmbeddings = Take(TrainEmbeddings, recipe.TrainEmbeddings),
        };
        // All at once: what one setting may be can depend on another.
        string[] named = [.. Settings.Select(setting => $"{setting.Name}={Take(setting.Values, RecipeSettings.Text(recipe, setting.Name))}")];
        return (RecipeSettings.Apply(recipe, named), layers);

        T Take<T>(RecipeOption<T>? option, T current)
        {
            int index = next++;
            if (option is null)
                return current;
            return positions is not null ? option.At(positions[index]) : option.Contains(current) ? current : option.At(0.5);
        }

        TernaryScaling Scaling(TernaryScaling current)
        {
            bool perRow = Take(ScalePerRow, current.IsPerRow);
            // The other form's threshold means something else, so it is no value to begin with.
            bool sameForm = perRow == current.IsPerRow;
            TernaryScaling start = sameForm ? current : perRow ? TernaryScaling.PerRow() : TernaryScaling.PerMatrix();
            float row = (float)Take(RowThreshold, start.Threshold);
            float matrix = (float)Take(MatrixThreshold, start.Threshold);
            float step = (float)Take(Step, start.Step);
            return perRow ? TernaryScaling.PerRow(row, step) : TernaryScaling.PerMatrix(matrix, step);
        }
    }

    /// <summary>Checks that every candidate suits the teacher.</summary>
    /// <exception cref="ArgumentException">A value is out of range, or a pattern fits no layer.</exception>
    internal void Validate(DistillationOptions start, EmbeddingModel teacher)
    {
        foreach (RecipeOption<double> range in new[] { RowThreshold, MatrixThreshold, Step }.OfType<RecipeOption<double>>())
            Require(range.CheckedValues.All(value => value > 0), "Thresholds and steps", "above 0", range);
        Require(EmbeddingCosineWeight?.CheckedValues.All(value => value >= 0) ?? true, nameof(EmbeddingCosineWeight), "0 or more", EmbeddingCosineWeight);
        Require(LearningRate?.CheckedValues.All(value => value > 0) ?? true, nameof(LearningRate), "above 0", LearningRate);
        Require(BatchSize?.CheckedValues.All(value => value > 0) ?? true, nameof(BatchSize), "at least 1", BatchSize);
        foreach ((string name, RecipeOption<string> values) in Settings)
        {
            foreach (string value in values.CheckedValues)
                CheckSetting(start.Recipe, name, value);
        }
        Candidate(start, null).Recipe.Validate();
        foreach (IReadOnlyList<string> patterns in FullPrecisionLayers?.CheckedValues ?? [start.FullPrecisionLayers])
            ModelTernarizer.SelectLinears(teacher, patterns);
        foreach (TernaryDigits digits in Digits?.CheckedValues ?? [start.Recipe.Digits])
            digits.LayersOfTwo(teacher);
    }

    /// <summary>The space in words, one option after the other: two spaces that say the same are the same.</summary>
    internal string Describe() => string.Join("; ", ((IEnumerable<(string Name, object? Option)>)
    [
        ("digits", Digits), ("embeddings", TokenEmbeddings), ("full precision", FullPrecisionLayers), ("scale per row", ScalePerRow),
        ("row threshold", RowThreshold), ("matrix threshold", MatrixThreshold), ("step", Step), ("hidden loss", HiddenStateLoss),
        ("cosine weight", EmbeddingCosineWeight), ("learning rate", LearningRate), ("batch", BatchSize), ("train embeddings", TrainEmbeddings),
        .. Settings.Select(setting => (setting.Name, (object?)setting.Values)),
    ]).Where(option => option.Option is not null).Select(option => $"{option.Name}: {option.Option}"));

    // A setting that is named twice would be tried by both, and one would win unseen.
    private void CheckSetting(TernaryRecipe start, string name, string value)
    {
        if (RecipeSettings.Set(start, name, value).Digits.LargestFileBytes is not null && name.Equals(nameof(Digits), StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException($"{nameof(TernarySearchSpace)}.{nameof(Settings)}: {name}={value} leaves layers to be chosen, which an experiment cannot weigh before training; let it search {nameof(Digits)} and limit the size by {nameof(TernaryExperimentOptions)}.{nameof(TernaryExperimentOptions.MaxBytes)}.");
        if (Settings.Count(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) > 1)
            throw new ArgumentException($"{nameof(TernarySearchSpace)}.{nameof(Settings)} names {name} twice.");
    }

    private static void Require(bool holds, string name, string expected, object? option)
    {
        if (!holds)
            throw new ArgumentException($"{nameof(TernarySearchSpace)}: {name} must be {expected}; an option has {option}.");
    }
}
