// The reader's checks one by one, each on a file made wrong in exactly that way, and round trips through the writer.
using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class SafetensorsFileTests
{
    private const string Valid = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";

    [Fact]
    public void A_valid_file_gives_its_tensors_and_metadata()
    {
        string json = """{"__metadata__":{"k":"v"},"b":{"dtype":"I8","shape":[1,3],"data_offsets":[8,11]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   """;
        byte[] data = [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 1, 2, 255];
        SafetensorsFile file = SafetensorsFile.FromMemory(File(json, data), "f");
        Assert.Equal("v", file.Metadata["k"]);
        Assert.Equal([1f, -2f], file.ReadSingles("a"));
        Assert.Equal([1, 2, 255], file.GetBytes("b").ToArray());
        Assert.Equal([1, 3], file.Tensors["b"].Shape);
        Assert.Equal(TensorType.I8, file.Tensors["b"].Type);
    }

    [Fact]
    public void Scalars_and_empty_tensors_are_allowed()
    {
        string json = """{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}""";
        SafetensorsFile file = SafetensorsFile.FromMemory(File(json, [0, 0, 0x80, 0x3F]), "f");
        Assert.Equal([1f], file.ReadSingles("s"));
        Assert.Empty(file.ReadSingles("e"));
    }

    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3C, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData("BF16", new byte[] { 0x80, 0x3F, 0x00, 0xC0 }, new[] { 1f, -2f })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0 }, new[] { 1f, -2f })]
    public void Every_float_type_reads_as_float32(string type, byte[] data, float[] expected)
    {
        string json = $$$"""{"a":{"dtype":"{{{type}}}","shape":[2],"data_offsets":[0,{{{data.Length}}}]}}""";
        Assert.Equal(expected, SafetensorsFile.FromMemory(File(json, data), "f").ReadSingles("a"));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[7,10]}}""", "b", "inside the tensor before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[2],"data_offsets":[9,11]}}""", "b", "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[4],"data_offsets":[8,12]}}""", "b", "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", null, "take only 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,11]}}""", "a", "needs 12")]
    [InlineData("""{"a":{"dtype":"F33","shape":[11],"data_offsets":[0,11]}}""", "a", "F33")]
    [InlineData("""{"a":{"dtype":"u8","shape":[11],"data_offsets":[0,11]}}""", "a", "u8")]
    [InlineData("""{"a":{"dtype":"1","shape":[11],"data_offsets":[0,11]}}""", "a", "dtype")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-11],"data_offsets":[0,11]}}""", "a", "shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[11.5],"data_offsets":[0,11]}}""", "a", "shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":11,"data_offsets":[0,11]}}""", "a", "no shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[11],"data_offsets":[11,0]}}""", "a", "begin and an end")]
    [InlineData("""{"a":{"dtype":"U8","shape":[11],"data_offsets":[0,5,11]}}""", "a", "begin and an end")]
    [InlineData("""{"a":{"dtype":"U8","shape":[11]}}""", "a", "data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[11],"data_offsets":[0,11],"extra":1}}""", "a", "extra")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", "a", "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}""", "a", "too large")]
    [InlineData("""{"a":[]}""", "a", "JSON object")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[11],"data_offsets":[0,11]}}""", "__metadata__.k", "string")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[11],"data_offsets":[0,11]}}""", null, "not valid JSON")]
    [InlineData("""[1, 2]""", null, "JSON object")]
    [InlineData("""{"a":""", null, "not valid JSON")]
    [InlineData(""" {"a":{"dtype":"U8","shape":[11],"data_offsets":[0,11]}}""", null, "JSON object")]
    public void A_wrong_header_is_refused_with_the_tensor_and_the_reason(string json, string? field, string reason)
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(File(json, new byte[11]), "weights"));
        Assert.Equal("weights", error.File);
        Assert.Equal(field, error.Field);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    [InlineData(100_000_001)]
    [InlineData(1000)]
    public void A_header_length_that_cannot_be_right_is_refused(long length)
    {
        byte[] file = File(Valid, new byte[11]);
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(file, "f"));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] file = File(Valid, new byte[11]);
        for (int length = 0; length < file.Length; length++)
            Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(file.AsMemory(0, length), "f"));
        Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(new byte[file.Length + 1].AsMemory(), "f"));
    }

    [Property(MaxTest = 300)]
    public void No_bytes_at_all_make_the_reader_fail_in_another_way(byte[] json, byte[] data)
    {
        byte[] file = File("{" + Encoding.Latin1.GetString(json ?? []), data ?? []);
        try
        {
            SafetensorsFile.FromMemory(file, "f");
        }
        catch (CheckpointException)
        {
        }
    }

    [Fact]
    public void An_absent_file_and_an_absent_tensor_are_named()
    {
        CheckpointException file = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open("/nowhere/model.safetensors"));
        Assert.Equal("/nowhere/model.safetensors", file.File);
        CheckpointException tensor = Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(File(Valid, new byte[11]), "f").ReadSingles("c"));
        Assert.Equal("c", tensor.Field);
    }

    [Fact]
    public void Whole_numbers_are_not_read_as_weights() =>
        Assert.Throws<CheckpointException>(() => SafetensorsFile.FromMemory(File(Valid, new byte[11]), "f").ReadSingles("b"));

    [Fact]
    public void What_is_written_is_read_again_and_the_same_input_gives_the_same_bytes()
    {
        using TestFolder folder = new();
        TensorData[] tensors =
        [
            new("bytes", TensorType.U8, [3], new byte[] { 1, 2, 3 }),
            TensorData.FromSingles("float \"quoted\" ü", [1.5f, -0f, float.NaN, float.Epsilon], 2, 2),
            new("longs", TensorType.I64, [1], BitConverter.GetBytes(-7L)),
        ];
        Dictionary<string, string> metadata = new() { ["z"] = "last", ["a"] = "quoted \" \\ \n ü 中" };
        SafetensorsWriter.Save(folder.File("one"), tensors, metadata);
        SafetensorsWriter.Save(folder.File("two"), [.. tensors.Reverse()], metadata.Reverse().ToDictionary());
        Assert.Equal(System.IO.File.ReadAllBytes(folder.File("one")), System.IO.File.ReadAllBytes(folder.File("two")));

        SafetensorsFile file = SafetensorsFile.Open(folder.File("one"));
        Assert.Equal(metadata, file.Metadata.ToDictionary());
        Assert.Equal([1, 2, 3], file.GetBytes("bytes").ToArray());
        Assert.Equal([1.5f, -0f, float.NaN, float.Epsilon], file.ReadSingles("float \"quoted\" ü"));
        Assert.Equal(BitConverter.GetBytes(-7L), file.GetBytes("longs").ToArray());
        Assert.Equal([0L, 8L, 24L], file.Tensors.Values.OrderBy(t => t.Offset).Select(t => t.Offset));
        Assert.Equal(0, (8 + file.HeaderJson.Length) % 64);
    }

    [Fact]
    public void The_writer_refuses_duplicate_names_and_shapes_that_disagree()
    {
        TensorData tensor = TensorData.FromSingles("a", [1, 2], 2);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [TensorData.FromSingles("a", [1, 2], 3)]));
    }

    [Fact]
    public void Mapped_bytes_outlive_the_file_object_and_the_deletion_of_the_file()
    {
        using TestFolder folder = new();
        SafetensorsWriter.Save(folder.File("f"), [new("bytes", TensorType.U8, [3], new byte[] { 1, 2, 3 })]);
        ReadOnlyMemory<byte> bytes = SafetensorsFile.Open(folder.File("f")).GetBytes("bytes");
        if (!OperatingSystem.IsWindows())
            System.IO.File.Delete(folder.File("f"));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal([1, 2, 3], bytes.ToArray());
    }

    private static byte[] File(string json, byte[] data)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        byte[] file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }
}
