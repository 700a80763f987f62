// modules.json and what it names: how sentence-transformers goes on after the encoder.
using System.Text.Json;

namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The modules of a sentence-transformers folder.</summary>
/// <param name="TransformerFolder">Where the encoder's own files lie.</param>
/// <param name="Pooling">How token states become one vector.</param>
/// <param name="DenseFolders">The folders of the Dense modules, in order.</param>
/// <param name="Normalize">Whether a Normalize module ends the list.</param>
internal sealed record SentenceTransformersModules(string TransformerFolder, PoolingModes Pooling, IReadOnlyList<string> DenseFolders, bool Normalize)
{
    private const PoolingModes DefaultPooling = PoolingModes.Mean;

    /// <summary>Reads a folder's modules; without modules.json it is an encoder with mean pooling, as in sentence-transformers.</summary>
    /// <exception cref="CheckpointException">A file is damaged or names a module that is not supported.</exception>
    public static SentenceTransformersModules Read(string folder)
    {
        JsonFile? json = JsonFile.ReadIfThere(Path.Combine(folder, "modules.json"));
        if (json is null)
            return new SentenceTransformersModules(folder, DefaultPooling, [], Normalize: false);
        (string Type, string Folder)[] modules = ReadList(json, folder);
        int count = modules.Length;
        if (count == 0 || modules[0].Type != "Transformer")
            throw json.Wrong("0.type", "the first module must be a Transformer.");
        if (count == 1)
            return new SentenceTransformersModules(modules[0].Folder, DefaultPooling, [], Normalize: false);
        bool normalize = modules[^1].Type == "Normalize";
        if (normalize)
            count--;
        if (count < 2 || modules[1].Type != "Pooling")
            throw json.Wrong("1.type", $"is {modules[1].Type}; the second module must be Pooling.");
        for (int i = 2; i < count; i++)
            if (modules[i].Type != "Dense")
                throw json.Wrong($"{i}.type", $"is {modules[i].Type}; after Pooling only Dense modules and one Normalize at the end are supported.");
        PoolingModes pooling = ReadPooling(Path.Combine(modules[1].Folder, "config.json"));
        return new SentenceTransformersModules(modules[0].Folder, pooling, [.. modules[2..count].Select(m => m.Folder)], normalize);
    }

    private static (string Type, string Folder)[] ReadList(JsonFile json, string folder)
    {
        if (json.Root.ValueKind != JsonValueKind.Array)
            throw json.Wrong(null, "is not a JSON list.");
        (string Type, string Folder)[] modules = new (string, string)[json.Root.GetArrayLength()];
        for (int i = 0; i < modules.Length; i++)
        {
            string type = Text(json, i, "type");
            string path = Text(json, i, "path");
            if (Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
                throw json.Wrong($"{i}.path", $"is \"{path}\", which leads out of the folder.");
            // The library has moved its classes between packages; only the class name counts.
            modules[i] = (type[(type.LastIndexOf('.') + 1)..], Path.Combine(folder, path));
        }
        return modules;
    }

    private static string Text(JsonFile json, int index, string field) =>
        json.Root[index].ValueKind == JsonValueKind.Object
        && json.Root[index].TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw json.Wrong($"{index}.{field}", "is missing or not a string.");

    private static PoolingModes ReadPooling(string path)
    {
        JsonFile json = JsonFile.Read(path);
        // Newer versions of the library write one name or a list, older ones a flag for each mode.
        PoolingModes modes = json.Find("pooling_mode") switch
        {
            null => ReadPoolingFlags(json),
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Aggregate((PoolingModes)0, (all, name) => all | PoolingMode(json, "pooling_mode", name.ToString())),
            { } name => PoolingMode(json, "pooling_mode", name.ToString()),
        };
        return modes != 0 ? modes : throw json.Wrong("pooling_mode_*", "no pooling mode is set.");
    }

    private static PoolingModes ReadPoolingFlags(JsonFile json)
    {
        const string Prefix = "pooling_mode_";
        PoolingModes modes = 0;
        foreach (JsonProperty property in json.Root.EnumerateObject())
            if (property.Name.StartsWith(Prefix, StringComparison.Ordinal) && json.Boolean(property.Name) == true)
                modes |= PoolingMode(json, property.Name, property.Name[Prefix.Length..]);
        return modes;
    }

    private static PoolingModes PoolingMode(JsonFile json, string field, string name) => name switch
    {
        "cls" or "cls_token" => PoolingModes.Cls,
        "max" or "max_tokens" => PoolingModes.Max,
        "mean" or "mean_tokens" => PoolingModes.Mean,
        "mean_sqrt_len_tokens" => PoolingModes.MeanSqrtLength,
        _ => throw json.Wrong(field, $"asks for \"{name}\"; cls, max, mean and mean_sqrt_len pooling are supported."),
    };

    /// <summary>Reads a Dense module.</summary>
    /// <exception cref="CheckpointException">A file is absent or damaged, or the activation is not supported.</exception>
    public static DenseModule ReadDense(string folder)
    {
        JsonFile json = JsonFile.Read(Path.Combine(folder, "config.json"));
        int inputs = json.Int32("in_features");
        int outputs = json.Int32("out_features");
        DenseActivation activation = ReadActivation(json);
        foreach (string name in new[] { "module_input_name", "module_output_name" })
            if (json.String(name) is string feature && feature != "sentence_embedding")
                throw json.Wrong(name, $"is \"{feature}\"; only a Dense module from sentence_embedding to sentence_embedding is supported.");
        HuggingFaceWeights weights = HuggingFaceWeights.Open(folder);
        float[] matrix = weights.Read("linear.weight", outputs, inputs);
        float[] bias = json.Boolean("bias") ?? true ? weights.Read("linear.bias", outputs) : new float[outputs];
        return new DenseModule(new DenseLinearWeights(outputs, inputs, matrix, bias), activation);
    }

    private static DenseActivation ReadActivation(JsonFile json)
    {
        string name = json.String("activation_function") ?? "torch.nn.modules.activation.Tanh";
        return name[(name.LastIndexOf('.') + 1)..] switch
        {
            "Identity" => DenseActivation.Identity,
            "Tanh" => DenseActivation.Tanh,
            "ReLU" => DenseActivation.Relu,
            "GELU" => DenseActivation.Gelu,
            "Sigmoid" => DenseActivation.Sigmoid,
            _ => throw json.Wrong("activation_function", $"is \"{name}\"; Identity, Tanh, ReLU, GELU and Sigmoid are supported."),
        };
    }
}
