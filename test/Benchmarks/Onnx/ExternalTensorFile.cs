// A protobuf message cannot exceed 2 GB and ONNX Runtime maps what lies outside it, so large tensors go to a file of their own.
// Two graphs of one model (with and without an attention mask) share it: a name that is there already is not written twice.
using System.Globalization;
using System.Runtime.InteropServices;

namespace Benchmarks.Onnx;

/// <summary>The file beside an ONNX model that holds its large tensors.</summary>
internal sealed class ExternalTensorFile(string path) : IDisposable
{
    // Tensors begin on a page, as mapping needs.
    private const int Alignment = 4096;

    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 20);
    private readonly Dictionary<string, (long Offset, long Length)> _places = [];

    /// <summary>Where the tensors lie.</summary>
    public string Path => path;

    /// <summary>Writes a tensor unless one of its name is there, and returns where it lies.</summary>
    public (long Offset, long Length) Add<T>(string name, Func<T[]> values) where T : unmanaged
    {
        if (_places.TryGetValue(name, out (long Offset, long Length) place))
            return place;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<T>(values());
        _file.Position = (_file.Position + Alignment - 1) / Alignment * Alignment;
        place = (_file.Position, bytes.Length);
        _file.Write(bytes);
        return _places[name] = place;
    }

    /// <summary>Makes what was written so far readable to others.</summary>
    public void Flush() => _file.Flush();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The external_data entries of a TensorProto (field 13) for a tensor of this file.</summary>
    public void Describe(ProtobufWriter tensor, (long Offset, long Length) place)
    {
        Entry("location", System.IO.Path.GetFileName(path));
        Entry("offset", place.Offset.ToString(CultureInfo.InvariantCulture));
        Entry("length", place.Length.ToString(CultureInfo.InvariantCulture));

        void Entry(string key, string value) => tensor.Message(13, new ProtobufWriter().Text(1, key).Text(2, value));
    }
}
