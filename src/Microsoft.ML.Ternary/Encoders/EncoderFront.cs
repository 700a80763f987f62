// What an encoder reads: the one part in which text and images differ on their way through it.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Makes embeddings of a batch's tokens.</summary>
/// <remarks>Immutable; threads share it.</remarks>
internal abstract class EncoderFront
{
    /// <summary>Gives the workspace's blocks the shapes that <see cref="Embed"/> needs, before any thread begins.</summary>
    public virtual void Prepare(EncoderWorkspace workspace)
    {
    }

    /// <summary>Writes the share's rows of the residual stream.</summary>
    public abstract void Embed(EncoderWorkspace workspace, EncoderShare share);
}
