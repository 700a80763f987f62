// Wherever a user may name a model, both kinds will do: a folder as it was downloaded, or one of our files.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Loads a model from a Hugging Face folder or a <see cref="TernaryModelFile"/>, whichever is there.</summary>
public static class EmbeddingModelFile
{
    /// <summary>Loads a model.</summary>
    /// <param name="folderOrFile">A Hugging Face or sentence-transformers folder, or a model file.</param>
    /// <exception cref="CheckpointException">There is neither, or it is damaged or not supported.</exception>
    public static EmbeddingModel Load(string folderOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderOrFile);
        if (Directory.Exists(folderOrFile))
            return HuggingFaceFolder.Load(folderOrFile);
        if (File.Exists(folderOrFile))
            return TernaryModelFile.Load(folderOrFile);
        throw new CheckpointException(folderOrFile, null, "there is no such folder or file; a Hugging Face folder or a ternary model file was expected.");
    }
}
