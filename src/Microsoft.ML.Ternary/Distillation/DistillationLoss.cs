// What the student is asked to match, over real tokens only.
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationLoss
{
    /// <summary>The recipe's loss of one part of a batch.</summary>
    /// <param name="recipe">Which losses, with which weights.</param>
    /// <param name="student">The student's last hidden states and embeddings.</param>
    /// <param name="teacher">The teacher's.</param>
    /// <param name="mask">1 for tokens, 0 for padding; batch x length.</param>
    /// <param name="tokenShare">This part's share of the batch's tokens.</param>
    /// <param name="rowShare">This part's share of the batch's texts.</param>
    public static Tensor Of(
        TernaryRecipe recipe, (Tensor Hidden, Tensor Embedding) student, (Tensor Hidden, Tensor Embedding) teacher, Tensor mask,
        double tokenShare, double rowShare)
    {
        Tensor loss = HiddenLoss(recipe.HiddenStateLoss, student.Hidden, teacher.Hidden, mask.unsqueeze(-1))
            .Times(recipe.HiddenStateWeight * tokenShare);
        if (recipe.EmbeddingCosineWeight > 0)
        {
            Tensor cosine = nn.functional.cosine_similarity(student.Embedding, teacher.Embedding, dim: -1, eps: 1e-8);
            loss = loss.Plus(cosine.mean().Times(-1).Plus(1).Times(recipe.EmbeddingCosineWeight * rowShare));
        }
        return loss;
    }

    private static Tensor HiddenLoss(HiddenStateLoss kind, Tensor student, Tensor teacher, Tensor mask)
    {
        Tensor squares = (student.Minus(teacher) * mask).square().sum();
        Tensor scale = kind == HiddenStateLoss.RelativeMeanSquaredError
            ? (teacher * mask).square().sum()
            : mask.sum().Times(student.shape[^1]);
        return squares / scale;
    }
}
