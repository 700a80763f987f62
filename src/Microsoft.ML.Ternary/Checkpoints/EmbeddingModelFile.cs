// Wherever a user may name a model, both kinds will do: a folder as it was downloaded, or one of our files.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Loads a model from a Hugging Face folder or a <see cref="TernaryModelFile"/>, whichever is there.</summary>
public static class EmbeddingModelFile
{
    /// <summary>Loads a model.</summary>
    /// <param name="folderOrFile">A Hugging Face or sentence-transformers folder, or a model file.</param>
    /// <exception cref="CheckpointException">There is neither, or it is damaged or not supported.</exception>
    public static EmbeddingModel Load(string folderOrFile) =>
        Load(folderOrFile, HuggingFaceFolder.Load, file => TernaryModelFile.Load(file));

    /// <summary>Loads an image model.</summary>
    /// <param name="folderOrFile">A Hugging Face folder of a vision transformer, or a model file.</param>
    /// <exception cref="CheckpointException">There is neither, or it is damaged or not supported.</exception>
    public static ImageEmbeddingModel LoadImageModel(string folderOrFile) =>
        Load(folderOrFile, folder => HuggingFaceImageFolder.Load(folder), file => TernaryModelFile.LoadImageModel(file));

    private static TModel Load<TModel>(string folderOrFile, Func<string, TModel> loadFolder, Func<string, TModel> loadFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderOrFile);
        if (Directory.Exists(folderOrFile))
            return loadFolder(folderOrFile);
        if (File.Exists(folderOrFile))
            return loadFile(folderOrFile);
        throw new CheckpointException(folderOrFile, null, "there is no such folder or file; a Hugging Face folder or a ternary model file was expected.");
    }
}
