// The state of a run on disk. Going on from it gives the model that never stopping would have given.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationCheckpoint
{
    private const string Magic = "Ternary.ML distillation checkpoint 2";
    private const string End = "end";

    // A cosine is no number where a teacher embeds a text as zeros.
    private static readonly JsonSerializerOptions StateJson = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly HashSet<string> MayChange = [nameof(TernaryRecipe.LearningRate), nameof(TernaryRecipe.GradientClipping), nameof(TernaryRecipe.Name)];

    private static readonly Dictionary<string, string> Described = new()
    {
        ["Teacher"] = "model",
        ["Seed"] = "seed",
        ["HeldOutFromCorpus"] = "choice of held-out texts, from the corpus or not",
    };

    /// <exception cref="CheckpointException">The file could not be written; an older one is unchanged.</exception>
    public static void Save(string path, IReadOnlyList<Trainable> trainables, DistillationState state, string identity) =>
        CheckpointFile.Write(path, stream =>
        {
            var writer = new BinaryWriter(stream);
            writer.Write(Magic);
            writer.Write(identity);
            writer.Write(Shapes(trainables));
            writer.Write(JsonSerializer.Serialize(state, StateJson));
            foreach (Trainable trainable in trainables)
            {
                foreach (float[] values in new[] { trainable.Values, trainable.FirstMoment, trainable.SecondMoment })
                    writer.Write(MemoryMarshal.AsBytes<float>(values));
            }
            writer.Write(End);
            writer.Flush();
        });

    /// <exception cref="InvalidOperationException">The file is not a checkpoint, or one of a run with another seed, recipe or model.</exception>
    public static DistillationState Load(string path, IReadOnlyList<Trainable> trainables, string identity)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        try
        {
            Require(reader.ReadString() == Magic, path, "it is not a checkpoint of this version");
            string? other = Difference(reader.ReadString(), identity);
            Require(other is null, path, $"it was written by a run with another {other}");
            Require(reader.ReadString() == Shapes(trainables), path, "what it trained has another shape: it was written by a run with another model");
            DistillationState state = JsonSerializer.Deserialize<DistillationState>(reader.ReadString(), StateJson)!;
            foreach (Trainable trainable in trainables)
            {
                foreach (float[] values in new[] { trainable.Values, trainable.FirstMoment, trainable.SecondMoment })
                    reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                trainable.Publish();
            }
            Require(reader.ReadString() == End, path, "it does not end where it should");
            return state;
        }
        catch (Exception e) when (e is IOException or JsonException or DecoderFallbackException or FormatException)
        {
            throw new InvalidOperationException($"{path}: the checkpoint is damaged or cut short; delete it or choose another to start afresh.", e);
        }
    }

    /// <summary>Takes the weights of another run, whatever its recipe, and none of its moments; what it did not train stays as it is.</summary>
    /// <exception cref="InvalidOperationException">The file is not a checkpoint, or one of a model of another shape.</exception>
    public static void LoadWeights(string path, IReadOnlyList<Trainable> trainables)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        try
        {
            Require(reader.ReadString() == Magic, path, "it is not a checkpoint of this version");
            reader.ReadString();
            string[] shapes = JsonSerializer.Deserialize<string[]>(reader.ReadString())!;
            reader.ReadString();
            Dictionary<string, Trainable> byName = trainables.ToDictionary(trainable => trainable.Name);
            foreach (string shape in shapes)
            {
                string[] parts = shape.Split(' ');
                int length = int.Parse(parts[1], CultureInfo.InvariantCulture);
                bool taken = byName.TryGetValue(parts[0], out Trainable? trainable);
                Require(!taken || trainable!.Values.Length == length, path, $"{parts[0]} has {length} values there");
                if (taken)
                    reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(trainable!.Values.AsSpan()));
                reader.BaseStream.Seek(sizeof(float) * (taken ? 2L : 3L) * length, SeekOrigin.Current);
                trainable?.Publish();
            }
            Require(reader.ReadString() == End, path, "it does not end where it should");
        }
        catch (Exception e) when (e is IOException or JsonException or DecoderFallbackException or FormatException)
        {
            throw new InvalidOperationException($"{path}: the checkpoint is damaged or cut short; start without it.", e);
        }
    }

    /// <summary>What must be the same for going on to make sense. The length of the run may change, and of the recipe how fast it moves:
    /// who lowers the rate of a run that diverged wants the rest as it was.</summary>
    public static string Identity(EmbeddingModel teacher, DistillationOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (DenseLinearWeights linear in teacher.Weights.Layers.SelectMany(layer => layer.Linears()).Select(part => part.Weights).OfType<DenseLinearWeights>())
            hash.AppendData(MemoryMarshal.AsBytes<float>(linear.Matrix));
        return JsonSerializer.Serialize(new
        {
            options.Recipe,
            Seed = options.EffectiveSeed,
            options.MaxLength,
            options.FullPrecisionLayers,
            HeldOutFromCorpus = options.HeldOut is null,
            options.StartFrom,
            Teacher = Convert.ToHexStringLower(hash.GetHashAndReset()),
        });
    }

    private static string Shapes(IReadOnlyList<Trainable> trainables) =>
        JsonSerializer.Serialize(trainables.Select(trainable => $"{trainable.Name} {trainable.Values.Length}"));

    // The name of the first thing that two identities disagree in and that may not change, or null.
    private static string? Difference(string there, string here)
    {
        if (there == here)
            return null;
        const string Recipe = nameof(DistillationOptions.Recipe);
        JsonObject a = JsonNode.Parse(there)!.AsObject(), b = JsonNode.Parse(here)!.AsObject();
        string? option = Differing(a, b).FirstOrDefault(name => name != Recipe);
        if (option is not null)
            return Described.GetValueOrDefault(option, $"{nameof(DistillationOptions)}.{option}");
        string? setting = Differing(a[Recipe]!.AsObject(), b[Recipe]!.AsObject()).FirstOrDefault(name => !MayChange.Contains(name));
        return setting is null ? null : $"{nameof(TernaryRecipe)}.{setting}";
    }

    private static IEnumerable<string> Differing(JsonObject a, JsonObject b) =>
        a.Select(pair => pair.Key).Union(b.Select(pair => pair.Key)).Where(name => !JsonNode.DeepEquals(a[name], b[name]));

    private static void Require(bool holds, string path, string why)
    {
        if (!holds)
            throw new InvalidOperationException($"{path}: cannot go on from this checkpoint: {why}. Delete it or choose another to start afresh.");
    }
}
