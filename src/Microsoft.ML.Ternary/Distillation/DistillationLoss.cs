// What the student is asked to match: the recipe's losses, each times its weight, summed. Losses that are turned off are not computed.
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal sealed class DistillationLoss
{
    private readonly TernaryRecipe _recipe;
    private readonly double[] _hiddenShares, _attentionShares;
    private readonly int[] _prefixes;

    /// <param name="recipe">Which losses, with which weights.</param>
    /// <param name="layers">Layers of the encoder.</param>
    /// <param name="dimension">Components of an embedding.</param>
    /// <exception cref="ArgumentException">The recipe names layers or components that the model does not have.</exception>
    public DistillationLoss(TernaryRecipe recipe, int layers, int dimension)
    {
        _recipe = recipe;
        _hiddenShares = recipe.HiddenStateLayers.SharesOf(layers);
        _attentionShares = recipe.AttentionLoss == AttentionLoss.None ? [] : recipe.AttentionLayers.SharesOf(layers);
        _prefixes = recipe.MatryoshkaWeight > 0 ? [.. recipe.MatryoshkaComponents.Counts.Where(count => count < dimension)] : [];
        if (recipe.MatryoshkaWeight > 0 && _prefixes.Length == 0)
            throw new ArgumentException(
                $"{nameof(TernaryRecipe)}.{nameof(TernaryRecipe.MatryoshkaComponents)} are {recipe.MatryoshkaComponents}, and the model's embeddings have only {dimension}: name fewer.");
    }

    /// <summary>Whether <see cref="TorchTrace.Attention"/> is looked at.</summary>
    public bool NeedsAttention => _attentionShares.Length > 0;

    /// <summary>The loss of one part of a batch.</summary>
    /// <param name="student">The student's states.</param>
    /// <param name="teacher">The teacher's.</param>
    /// <param name="mask">1 for tokens, 0 for padding; batch x length.</param>
    /// <param name="tokenShare">This part's share of the batch's tokens.</param>
    /// <param name="rowShare">This part's share of the batch's texts.</param>
    public Tensor Of(TorchTrace student, TorchTrace teacher, Tensor mask, double tokenShare, double rowShare)
    {
        Tensor loss = zeros(1, student.Embedding.dtype, student.Embedding.device).sum();
        if (_recipe.HiddenStateWeight > 0)
            loss = loss.Plus(OverLayers(_hiddenShares, layer => HiddenLoss(student.Hidden[layer], teacher.Hidden[layer], mask)).Times(_recipe.HiddenStateWeight * tokenShare));
        if (NeedsAttention && _recipe.AttentionWeight > 0)
            loss = loss.Plus(OverLayers(_attentionShares, layer => AttentionLosses.Of(_recipe.AttentionLoss, student.Attention[layer], teacher.Attention[layer], mask)).Times(_recipe.AttentionWeight * tokenShare));
        foreach ((float weight, Func<Tensor> value) in EmbeddingTerms(student.Embedding, teacher.Embedding))
        {
            if (weight > 0)
                loss = loss.Plus(value().Times(weight * rowShare));
        }
        return loss;
    }

    private IEnumerable<(float Weight, Func<Tensor> Value)> EmbeddingTerms(Tensor student, Tensor teacher)
    {
        yield return (_recipe.EmbeddingCosineWeight, () => EmbeddingLosses.Cosine(student, teacher));
        // A text by itself is similar to none.
        if (_recipe.SimilarityLoss != SimilarityLoss.None && student.shape[0] > 1)
            yield return (_recipe.SimilarityWeight, () => EmbeddingLosses.Similarity(_recipe.SimilarityLoss, student, teacher, _recipe.SimilarityTemperature));
        if (_prefixes.Length > 0)
            yield return (_recipe.MatryoshkaWeight, () => EmbeddingLosses.Prefixes(student, teacher, _prefixes));
        if (_recipe.OutputForm != Encoders.EmbeddingForm.Float32)
            yield return (_recipe.OutputFormWeight, () => EmbeddingLosses.Cosine(EmbeddingLosses.Rounded(student, _recipe.OutputForm), teacher));
    }

    private static Tensor OverLayers(double[] shares, Func<int, Tensor> lossOf) => shares.Index()
        .Where(layer => layer.Item > 0)
        .Select(layer => lossOf(layer.Index).Times(layer.Item))
        .Aggregate((sum, next) => sum.Plus(next));

    private Tensor HiddenLoss(Tensor student, Tensor teacher, Tensor mask)
    {
        mask = mask.unsqueeze(-1);
        Tensor squares = (student.Minus(teacher) * mask).square().sum();
        Tensor scale = _recipe.HiddenStateLoss == HiddenStateLoss.RelativeMeanSquaredError
            ? (teacher * mask).square().sum()
            : mask.sum().Times(student.shape[^1]);
        return squares / scale;
    }
}
