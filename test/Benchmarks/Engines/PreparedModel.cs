// A model with the files that peers load: written when first asked for, beside each other in a temporary folder that goes with
// the model.
using Benchmarks.Models;
using Benchmarks.Onnx;
using Microsoft.ML.Ternary.Checkpoints;

namespace Benchmarks.Engines;

/// <summary>A model to measure and its ONNX files.</summary>
internal sealed class PreparedModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ternary-benchmark-");
    private readonly Dictionary<bool, ExternalTensorFile> _weights = [];

    public PreparedModel(BenchmarkModel description)
    {
        Description = description;
        Model = description.Create();
    }

    /// <summary>Which model it is.</summary>
    public BenchmarkModel Description { get; }

    /// <summary>The model as this library runs it.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>A path for another file of the model; it goes with the folder.</summary>
    public string FilePath(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>The path of the ONNX model of a form, with or without an attention mask.</summary>
    public string OnnxFile(BertOnnxForm form, bool masked)
    {
        string precision = form.Int8 ? "int8" : "fp32";
        string path = FilePath($"{precision}-{form.Name}{(masked ? "-masked" : "")}.onnx");
        if (File.Exists(path))
            return path;
        if (!_weights.TryGetValue(form.Int8, out ExternalTensorFile? weights))
            _weights[form.Int8] = weights = new ExternalTensorFile(WeightsOf(path));
        BertOnnxGraph.Write(Model, form, masked, weights, path);
        return path;
    }

    /// <summary>The file with the weights of an ONNX model: those of one precision share one.</summary>
    public static string WeightsOf(string onnxFile) =>
        Path.Combine(Path.GetDirectoryName(onnxFile)!, Path.GetFileName(onnxFile).Split('-')[0] + ".data");

    /// <summary>Deletes the files.</summary>
    public void Dispose()
    {
        foreach (ExternalTensorFile file in _weights.Values)
            file.Dispose();
        _folder.Delete(recursive: true);
    }
}
