// The model inside an ML.NET zip: the same bytes as the stand-alone file.
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary;

internal static class SavedModel
{
    private const string Entry = "Model.ternary";

    /// <summary>Writes the model, every number as it is.</summary>
    public static void Save(ModelSaveContext context, EncoderModel model) =>
        context.SaveBinaryStream(Entry, writer => TernaryModelFile.Save(model, writer.BaseStream, TernaryModelFileOptions.Exact));

    /// <summary>Reads the model that <see cref="Save"/> wrote.</summary>
    /// <param name="host">Raises errors.</param>
    /// <param name="context">The saved transformer.</param>
    /// <param name="outputColumn">Its output column, for messages.</param>
    /// <param name="load">Reads a model of the right kind from a stream of that name.</param>
    /// <exception cref="CheckpointException">The model is damaged, newer, or of another kind.</exception>
    public static TModel Load<TModel>(IHost host, ModelLoadContext context, string outputColumn, Func<Stream, string, TModel> load)
        where TModel : EncoderModel
    {
        TModel? model = null;
        try
        {
            if (context.TryLoadBinaryStream(Entry, reader => model = load(reader.BaseStream, $"{Entry} in the saved model")))
                return model!;
        }
        catch (CheckpointException e)
        {
            // Marked as an error that a component means to raise; ML.NET would wrap it in a TargetInvocationException otherwise.
            host.Process(e);
            throw;
        }
        throw host.ExceptDecode($"The saved model lacks the entry '{Entry}' of the embedding column '{outputColumn}'. Save it again.");
    }
}
