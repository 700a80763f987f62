// What a pipeline says when it distils: which teacher, how, and how the resulting transformer is to embed.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary;

/// <summary>Options of a <see cref="TernaryDistillEstimator"/>.</summary>
public sealed record TernaryDistillOptions
{
    /// <summary>The teacher: a Hugging Face or sentence-transformers folder. Either this or <see cref="TeacherModel"/> is set.</summary>
    public string? Teacher { get; init; }

    /// <summary>The teacher as a model that is loaded already.</summary>
    public EmbeddingModel? TeacherModel { get; init; }

    /// <summary>How the teacher is distilled: recipe, length, seed, device, checkpoints. Where it names no seed, the
    /// MLContext's is taken.</summary>
    public DistillationOptions Distillation { get; init; } = new();

    /// <summary>How the student is stored, in the transformer that <see cref="TernaryDistillEstimator.Fit"/> returns as in the
    /// files it is saved to.</summary>
    public TernaryModelFileOptions Storage { get; init; } = new();

    /// <summary>How the transformer embeds.</summary>
    public TernaryEmbeddingOptions Embedding { get; init; } = new();

    /// <summary>Told how training goes, on the thread that trains, besides ML.NET's channels.</summary>
    public IProgress<DistillationProgress>? Progress { get; init; }

    /// <summary>Stops <see cref="TernaryDistillEstimator.Fit"/> within about a second, as cancelling the MLContext does; with a
    /// checkpoint file, the next Fit can go on from there.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <exception cref="ArgumentException">No teacher, or two; or an option is out of range.</exception>
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Teacher) == TeacherModel is null)
            throw new ArgumentException("Set either Teacher, the folder of the model to distil, or TeacherModel, a loaded one.", nameof(Teacher));
        Distillation.Validate();
    }
}
