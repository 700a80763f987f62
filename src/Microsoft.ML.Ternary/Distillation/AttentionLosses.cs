// Attention runs inside one fused operation that shows no scores, so losses over it begin again with queries, keys and values.
using static TorchSharp.torch;

namespace Microsoft.ML.Ternary.Distillation;

internal static class AttentionLosses
{
    private const double Never = 1e9;

    /// <summary>The loss of one layer.</summary>
    /// <param name="kind">Which; not <see cref="AttentionLoss.None"/>.</param>
    /// <param name="student">The student's states.</param>
    /// <param name="teacher">The teacher's, of as many heads.</param>
    /// <param name="mask">1 for tokens, 0 for padding; batch x length.</param>
    public static Tensor Of(AttentionLoss kind, AttentionStates student, AttentionStates teacher, Tensor mask) =>
        kind == AttentionLoss.Scores ? Scores(student, teacher, mask) : Relations(student, teacher, mask);

    private static Tensor Relations(AttentionStates student, AttentionStates teacher, Tensor mask) =>
        Divergence(student.Query, teacher.Query, mask)
            .Plus(Divergence(student.Key, teacher.Key, mask))
            .Plus(Divergence(student.Value, teacher.Value, mask))
            .Times(1.0 / 3);

    // Mean over heads and tokens of KL(softmax(T T' / sqrt(d)) || softmax(S S' / sqrt(d))), padding neither asked nor answering.
    private static Tensor Divergence(Tensor student, Tensor teacher, Tensor mask)
    {
        Tensor absent = mask.Plus(-1).Times(Never).unsqueeze(1).unsqueeze(1);
        Tensor expected = nn.functional.log_softmax(Products(teacher, teacher).Plus(absent), -1);
        Tensor actual = nn.functional.log_softmax(Products(student, student).Plus(absent), -1);
        Tensor divergence = (expected.exp() * expected.Minus(actual)).sum(-1);
        return (divergence * mask.unsqueeze(1)).sum() / mask.sum().Times(student.shape[1]);
    }

    private static Tensor Scores(AttentionStates student, AttentionStates teacher, Tensor mask)
    {
        Tensor pairs = mask.unsqueeze(1).unsqueeze(-1) * mask.unsqueeze(1).unsqueeze(1);
        Tensor difference = Products(student.Query, student.Key).Minus(Products(teacher.Query, teacher.Key)) * pairs;
        return difference.square().sum() / pairs.sum().Times(student.Query.shape[1]);
    }

    private static Tensor Products(Tensor a, Tensor b) => a.matmul(b.transpose(-1, -2)).Times(1 / Math.Sqrt(a.shape[^1]));
}
