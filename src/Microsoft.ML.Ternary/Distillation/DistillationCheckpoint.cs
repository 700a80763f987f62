// The state of a run on disk. Going on from it gives the model that never stopping would have given.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Ternary.Distillation;

internal static class DistillationCheckpoint
{
    private const string Magic = "Ternary.ML distillation checkpoint 1";

    public static void Save(string path, IReadOnlyList<Trainable> trainables, DistillationState state, DistillationOptions options)
    {
        string temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        using (var writer = new BinaryWriter(stream))
        {
            writer.Write(Magic);
            writer.Write(Identity(trainables, options));
            writer.Write(JsonSerializer.Serialize(state));
            foreach (Trainable trainable in trainables)
            {
                foreach (float[] values in new[] { trainable.Values, trainable.FirstMoment, trainable.SecondMoment })
                    writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            }
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <exception cref="InvalidOperationException">The file is not a checkpoint, or one of a run with another seed, recipe or model.</exception>
    public static DistillationState Load(string path, IReadOnlyList<Trainable> trainables, DistillationOptions options)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        try
        {
            Require(reader.ReadString() == Magic, path, "it is not a checkpoint of this version");
            Require(reader.ReadString() == Identity(trainables, options), path, "it was written by a run with another model, recipe, seed or maximum length");
            DistillationState state = JsonSerializer.Deserialize<DistillationState>(reader.ReadString())!;
            foreach (Trainable trainable in trainables)
            {
                foreach (float[] values in new[] { trainable.Values, trainable.FirstMoment, trainable.SecondMoment })
                    reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                trainable.Publish();
            }
            return state;
        }
        catch (Exception e) when (e is EndOfStreamException or JsonException or DecoderFallbackException)
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
            using JsonDocument identity = JsonDocument.Parse(reader.ReadString());
            reader.ReadString();
            Dictionary<string, Trainable> byName = trainables.ToDictionary(trainable => trainable.Name);
            foreach (JsonElement shape in identity.RootElement.GetProperty("Shapes").EnumerateArray())
            {
                string[] parts = shape.GetString()!.Split(' ');
                int length = int.Parse(parts[1], CultureInfo.InvariantCulture);
                bool taken = byName.TryGetValue(parts[0], out Trainable? trainable);
                Require(!taken || trainable!.Values.Length == length, path, $"{parts[0]} has {length} values there");
                if (taken)
                    reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(trainable!.Values.AsSpan()));
                reader.BaseStream.Seek(sizeof(float) * (taken ? 2L : 3L) * length, SeekOrigin.Current);
                trainable?.Publish();
            }
        }
        catch (Exception e) when (e is EndOfStreamException or JsonException or DecoderFallbackException or FormatException)
        {
            throw new InvalidOperationException($"{path}: the checkpoint is damaged or cut short; start without it.", e);
        }
    }

    // What must be the same for the moments to mean anything. The length of the run may change.
    private static string Identity(IReadOnlyList<Trainable> trainables, DistillationOptions options) =>
        JsonSerializer.Serialize(new { options.Recipe, Seed = options.EffectiveSeed, options.MaxLength, Shapes = trainables.Select(t => $"{t.Name} {t.Values.Length}") });

    private static void Require(bool holds, string path, string why)
    {
        if (!holds)
            throw new InvalidOperationException($"{path}: cannot go on from this checkpoint: {why}. Delete it or choose another to start afresh.");
    }
}
