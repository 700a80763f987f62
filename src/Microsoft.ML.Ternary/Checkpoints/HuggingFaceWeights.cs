// The weights of a Hugging Face folder: one safetensors file, or several with an index that says which tensor is where.
using System.Numerics.Tensors;
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>Finds tensors by name across the weight files of a folder, and checks their shapes as they are read.</summary>
internal sealed class HuggingFaceWeights
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly string _source;
    private readonly Dictionary<string, SafetensorsFile> _files = [];

    private HuggingFaceWeights(string source) => _source = source;

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="CheckpointException">There are none, or a file of them is absent or damaged.</exception>
    public static HuggingFaceWeights Open(string folder)
    {
        string single = Path.Combine(folder, SingleFile);
        string index = Path.Combine(folder, IndexFile);
        if (File.Exists(single))
            return OpenSingle(single);
        if (File.Exists(index))
            return OpenSharded(folder, index);
        string advice = File.Exists(Path.Combine(folder, "pytorch_model.bin"))
            ? $"there is a pytorch_model.bin, but no {SingleFile}; convert the weights to safetensors (save_pretrained does)."
            : $"there is neither this file nor {IndexFile} in the folder.";
        throw new CheckpointException(single, null, advice);
    }

    public bool Contains(string name) => _files.ContainsKey(name);

    /// <summary>The shape of a tensor, which has a row at least.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it has no dimension.</exception>
    public IReadOnlyList<long> Shape(string name)
    {
        SafetensorsFile file = FileOf(name);
        IReadOnlyList<long> shape = file.Tensors[name].Shape;
        return shape.Count > 0 ? shape : throw new CheckpointException(file.Name, name, "is a single number; rows were expected.");
    }

    /// <summary>Reads a tensor that must have a shape.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, its shape is another, or a value is not finite.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        SafetensorsFile file = FileOf(name);
        TensorInfo info = file.Tensors[name];
        if (!shape.SequenceEqual(info.Shape.ToArray()))
            throw new CheckpointException(file.Name, name, $"has the shape [{string.Join(", ", info.Shape)}], but the configuration asks for [{string.Join(", ", shape.ToArray())}].");
        float[] values = file.ReadSingles(name);
        // The largest magnitude is not finite if any value is not.
        if (values.Length > 0 && !float.IsFinite(TensorPrimitives.MaxMagnitude<float>(values)))
            throw new CheckpointException(file.Name, name, "holds a value that is not a finite number; the checkpoint is damaged.");
        return values;
    }

    private SafetensorsFile FileOf(string name) => _files.TryGetValue(name, out SafetensorsFile? file)
        ? file
        : throw new CheckpointException(_source, name, "there is no such tensor in the checkpoint.");

    private static HuggingFaceWeights OpenSingle(string path)
    {
        HuggingFaceWeights weights = new(path);
        SafetensorsFile file = SafetensorsFile.Open(path);
        foreach (string name in file.Tensors.Keys)
            weights._files.Add(name, file);
        return weights;
    }

    private static HuggingFaceWeights OpenSharded(string folder, string index)
    {
        HuggingFaceWeights weights = new(index);
        JsonFile json = JsonFile.Read(index);
        if (json.Find("weight_map") is not { ValueKind: JsonValueKind.Object } map)
            throw new CheckpointException(index, "weight_map", "is missing or not an object.");
        Dictionary<string, SafetensorsFile> shards = [];
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string field = $"weight_map.{entry.Name}";
            string? name = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (string.IsNullOrEmpty(name) || name != Path.GetFileName(name))
                throw new CheckpointException(index, field, $"is {entry.Value.GetRawText()}; the name of a file in the same folder was expected.");
            if (!shards.TryGetValue(name, out SafetensorsFile? shard))
                shards.Add(name, shard = SafetensorsFile.Open(Path.Combine(folder, name)));
            if (!shard.Tensors.ContainsKey(entry.Name))
                throw new CheckpointException(index, field, $"points to {name}, which has no such tensor.");
            weights._files[entry.Name] = shard;
        }
        return weights;
    }
}
