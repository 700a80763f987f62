// One exception for everything that can be wrong with a model on disk, so that a caller catches one type and a reader of
// the message learns which file and which field of it to look at.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>A checkpoint folder or model file is absent, damaged, or of a kind that is not supported.</summary>
public sealed class CheckpointException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The file or folder that is wrong.</param>
    /// <param name="field">The field of a JSON file or the tensor of a weight file that is wrong, or null where it is the file as a whole.</param>
    /// <param name="problem">What is wrong, what was expected, and what to do, as one sentence or more.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public CheckpointException(string file, string? field, string problem, Exception? innerException = null)
        : base(field is null ? $"{file}: {problem}" : $"{file}: {field}: {problem}", innerException)
    {
        File = file;
        Field = field;
    }

    /// <summary>The file or folder that is wrong.</summary>
    public string File { get; }

    /// <summary>The field or tensor that is wrong, or null where it is the file as a whole.</summary>
    public string? Field { get; }
}
