// The state of a run on disk. Going on from it gives the model that never stopping would have given.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationCheckpoint
{
    private const string Magic = "Ternary.ML distillation checkpoint 2";
    private const string End = "end";

    /// <exception cref="CheckpointException">The file could not be written; an older one is unchanged.</exception>
    public static void Save(string path, IReadOnlyList<Trainable> trainables, DistillationState state, string identity) =>
        CheckpointFile.Write(path, stream =>
        {
            var writer = new BinaryWriter(stream);
            writer.Write(Magic);
            writer.Write(identity);
            writer.Write(JsonSerializer.Serialize(trainables.Select(trainable => $"{trainable.Name} {trainable.Values.Length}")));
            writer.Write(JsonSerializer.Serialize(state));
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
            Require(reader.ReadString() == identity, path, "it was written by a run with another model, recipe, seed, maximum length or start");
            reader.ReadString();
            DistillationState state = JsonSerializer.Deserialize<DistillationState>(reader.ReadString())!;
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

    /// <summary>What must be the same for going on to make sense. The length of the run may change.</summary>
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

    private static void Require(bool holds, string path, string why)
    {
        if (!holds)
            throw new InvalidOperationException($"{path}: cannot go on from this checkpoint: {why}. Delete it or choose another to start afresh.");
    }
}
