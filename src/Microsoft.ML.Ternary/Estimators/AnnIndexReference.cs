// An index in a file next to the model that uses it. The model knows the file's name, never a folder, and enough of its contents to
// tell that a file of that name is the index it was saved with.
using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary;

/// <summary>What a model says of the index file next to it.</summary>
/// <param name="Name">Its name, without a folder.</param>
/// <param name="Kind">The kind of index in it.</param>
/// <param name="Dimension">Components of a vector.</param>
/// <param name="Count">The number of vectors.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="HeadChecksum">The CRC-32C of the first <see cref="AnnIndexStream.HeadBytes"/> of them.</param>
internal sealed record AnnIndexReference(string Name, AnnIndexKind Kind, int Dimension, int Count, long Length, uint HeadChecksum)
{
    // What Windows refuses in names is refused everywhere: models move between systems.
    private const string NotInNames = "/\\:*?\"<>|";

    // The files that a save has written so far: a second index must not replace the first.
    private static readonly ConditionalWeakTable<Repository, HashSet<string>> Written = [];

    /// <summary>Says what is wrong with a name, or null if a file next to a model can have it.</summary>
    public static string? ProblemOf(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "is blank";
        if (name.AsSpan().ContainsAny(NotInNames) || name.Any(char.IsControl))
            return "is not a plain file name";
        return name.Trim() != name || name.EndsWith('.') ? "begins or ends with a blank or ends with a dot" : null;
    }

    /// <summary>Saves an index next to the model that is being saved; nothing is written where the file holds it already.</summary>
    /// <exception cref="InvalidOperationException">The model is not saved to a file, or the name is taken.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static AnnIndexReference Save(IHost host, string name, VectorIndex index, RepositoryWriter model)
    {
        string modelFile = AnnIndexModelFolder.ModelFile(model) ?? throw host.Except(
            $"The index is to be saved as '{name}' next to the model (option SaveIndexAs), but the model is saved to a stream that is no file. Save it to a path (ml.Model.Save(model, schema, \"model.zip\")), or leave SaveIndexAs null, which keeps the index inside the model.");
        string path = Path.Combine(Path.GetDirectoryName(modelFile)!, name);
        if (string.Equals(path, modelFile, StringComparison.OrdinalIgnoreCase))
            throw host.Except($"SaveIndexAs '{name}' is the name of the model itself, {modelFile}: give the index another.");
        if (!Written.GetOrCreateValue(model).Add(name.ToUpperInvariant()))
            throw host.Except($"Two indexes of this model are to be saved as '{name}': give each its own SaveIndexAs.");
        AnnIndexStream? written = SameIsThere(index, path);
        if (written is null)
            AtomicFile.Write(path, file => index.Save(written = new AnnIndexStream(file, null)));
        return new AnnIndexReference(name, index.Kind, index.Dimension, index.Count, written!.Length, written.HeadChecksum);
    }

    /// <summary>Loads the index from next to the model, or from the current directory if the model is read from no file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is truncated, damaged or another index.</exception>
    public VectorIndex Load(RepositoryReader? model)
    {
        string? modelFile = AnnIndexModelFolder.ModelFile(model);
        string path = Path.Combine(modelFile is null ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(modelFile)!, Name);
        string where = modelFile is null ? "in the current directory, where a model that is read from a stream looks for it" : $"next to the model {modelFile}";
        if (!File.Exists(path))
            throw new FileNotFoundException($"The index file {path} does not exist. This model keeps its index in a file of that name {where}: copy '{Name}' there too, or save the model again.", path);
        CheckHead(path);
        return VectorIndex.Load(path);
    }

    private void CheckHead(string path)
    {
        using FileStream file = OpenShared(path);
        byte[] head = new byte[AnnIndexStream.HeadBytes];
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (read == head.Length && Crc32C.Append(0, head) == HeadChecksum && file.Length >= Length)
            return;
        throw new InvalidDataException(read < head.Length || Crc32C.Append(0, head) == HeadChecksum
            ? $"{path} has {file.Length} bytes of {Length}: it is truncated. Copy it again from where the model was saved, or save the model again."
            : $"{path} is not the index that this model was saved with ({Kind}, {Count} vectors of dimension {Dimension}): another model's index may have replaced it. Copy the right one next to the model, or save the model again, each with its own SaveIndexAs.");
    }

    private static AnnIndexStream? SameIsThere(VectorIndex index, string path)
    {
        if (!File.Exists(path))
            return null;
        using FileStream existing = OpenShared(path);
        AnnIndexStream comparison = new(null, existing);
        index.Save(comparison);
        return comparison.IsSame ? comparison : null;
    }

    // Others may have it open, and mapped, as this process may.
    private static FileStream OpenShared(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
}
