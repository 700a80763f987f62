// Shares of a teacher's score, by which models are compared over tasks whose scores are not comparable.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>What share of its teacher's score a model keeps.</summary>
public static class Retention
{
    /// <summary>score / teacher; null where the teacher's score is not above 0.</summary>
    public static double? OfTeacher(double score, double teacher) => teacher > 0 ? score / teacher : null;

    /// <summary>The share of the encoder's own contribution that is kept, (score - zeroed) / (teacher - zeroed): 0 for a model
    /// that is no better than one whose encoder's linear weights are zero, 1 for one as good as its teacher.</summary>
    /// <returns>Null where the teacher is not better than the zeroed model: the encoder contributes nothing there.</returns>
    public static double? OfEncoder(double score, double zeroed, double teacher) =>
        teacher > zeroed ? (score - zeroed) / (teacher - zeroed) : null;
}
