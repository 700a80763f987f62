// The stand-alone file: what goes in comes out, the same model gives the same bytes, damage is noticed, and a failed save
// leaves the old file alone.
using System.Text;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Kernels;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class TernaryModelFileTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_ternary_model_comes_back_whole(bool memoryMap)
    {
        using TestFolder folder = new();
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny("st-cls-mean"));
        TernaryModelFile.Save(model, folder.File("m.ternary"), TernaryModelFileOptions.Exact);
        AssertSame(model, TernaryModelFile.Load(folder.File("m.ternary"), memoryMap));
    }

    [Theory]
    [InlineData("bert-relu")]
    [InlineData("bert-gelu_new")]
    [InlineData("bert-odd-shapes")]
    [InlineData("bert-f16")]
    [InlineData("st-max")]
    public void A_full_precision_model_comes_back_exactly_where_asked(string name)
    {
        EmbeddingModel model = TestModels.Tiny(name);
        AssertSame(model, TernaryModelFile.AsStored(model, TernaryModelFileOptions.Exact));
    }

    [Fact]
    public void A_mixed_model_keeps_each_layer_in_its_form()
    {
        EmbeddingModel full = TestModels.Tiny();
        EmbeddingModel ternary = TestModels.Ternary(full);
        EmbeddingModel mixed = full.With(full.Weights with { Layers = [full.Weights.Layers[0], ternary.Weights.Layers[1]] });
        AssertSame(mixed, TernaryModelFile.AsStored(mixed, TernaryModelFileOptions.Exact));
    }

    [Fact]
    public void Two_digits_a_weight_are_kept()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        BertLayerWeights layer = model.Weights.Layers[0];
        sbyte[] codes = [.. Enumerable.Range(0, 32 * 32).Select(i => (sbyte)(i % 9 - 4))];
        TernaryMatrix matrix = TernaryMatrix.FromCodes(codes, 32, 32, [0.5f], digits: 2);
        EmbeddingModel two = model.With(model.Weights with { Layers = [layer with { Query = new TernaryLinearWeights(matrix, layer.Query.Bias) }, model.Weights.Layers[1]] });
        AssertSame(two, TernaryModelFile.AsStored(two, TernaryModelFileOptions.Exact));
    }

    [Theory]
    [InlineData(TokenEmbeddingFormat.Float32, typeof(Float32EmbeddingTable))]
    [InlineData(TokenEmbeddingFormat.Float16, typeof(Float16EmbeddingTable))]
    [InlineData(TokenEmbeddingFormat.Int8, typeof(Int8EmbeddingTable))]
    [InlineData(TokenEmbeddingFormat.Int4, typeof(Int4EmbeddingTable))]
    [InlineData(TokenEmbeddingFormat.Int3, typeof(Int3EmbeddingTable))]
    [InlineData(null, typeof(Int8EmbeddingTable))]
    public void Token_embeddings_come_back_in_the_form_that_was_asked_for(TokenEmbeddingFormat? format, Type table)
    {
        EmbeddingModel model = TestModels.Tiny();
        EmbeddingModel stored = TernaryModelFile.AsStored(model, new TernaryModelFileOptions { TokenEmbeddings = format });
        Assert.IsType(table, stored.Weights.TokenEmbeddings);
        float[] original = TestModels.Rows(model.Weights.TokenEmbeddings);
        float[] rounded = TestModels.Rows(stored.Weights.TokenEmbeddings);
        float least = format switch
        {
            TokenEmbeddingFormat.Int3 => 0.97f,
            TokenEmbeddingFormat.Int4 => 0.99f,
            _ => 0.9999f,
        };
        Assert.InRange(System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(original, rounded), least, 1.0001f);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(TokenEmbeddingFormat.Float16)]
    [InlineData(TokenEmbeddingFormat.Int4)]
    [InlineData(TokenEmbeddingFormat.Int3)]
    public void Saving_again_what_was_loaded_gives_the_same_bytes(TokenEmbeddingFormat? format)
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        byte[] once = Bytes(model, new TernaryModelFileOptions { TokenEmbeddings = format });
        Assert.Equal(once, Bytes(model, new TernaryModelFileOptions { TokenEmbeddings = format }));
        EmbeddingModel loaded = TernaryModelFile.Load(new MemoryStream(once));
        Assert.Equal(once, Bytes(loaded, null));
        Assert.Equal(once, Bytes(loaded, TernaryModelFileOptions.Exact));
    }

    [Theory]
    [InlineData(TokenEmbeddingFormat.Int4, "int4")]
    [InlineData(TokenEmbeddingFormat.Int3, "int3")]
    public void Grouped_embeddings_of_another_shape_are_refused_by_the_name_of_their_tensor(TokenEmbeddingFormat format, string suffix)
    {
        EmbeddingModel model = TestModels.Tiny();
        SafetensorsFile file = SafetensorsFile.FromMemory(Bytes(model, new TernaryModelFileOptions { TokenEmbeddings = format }), "m");
        string codes = "embeddings.word_embeddings." + suffix, scales = "embeddings.word_embeddings.scale";
        foreach (string damaged in new[] { codes, scales })
        {
            CheckpointException error = Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(new MemoryStream(WithoutLastRow(file, damaged))));
            Assert.Equal(damaged, error.Field);
            Assert.Contains("shape", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_form_of_token_embeddings_that_does_not_exist_is_refused() =>
        Assert.Throws<ArgumentException>(() => Bytes(TestModels.Tiny(), new TernaryModelFileOptions { TokenEmbeddings = (TokenEmbeddingFormat)99 }));

    [Fact]
    public void Small_weights_stay_in_float32_unless_the_options_or_their_values_say_otherwise()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        TensorType Type(string name, TernaryModelFileOptions? options) => SafetensorsFile.FromMemory(Bytes(model, options), "m").Tensors[name].Type;
        Assert.Equal(TensorType.F16, Type("embeddings.position_embeddings.weight", null));
        Assert.Equal(TensorType.F32, Type("embeddings.position_embeddings.weight", TernaryModelFileOptions.Exact));
        Assert.Equal(TensorType.F32, Type("encoder.layer.0.output.dense.bias", null));
        Assert.Equal(TensorType.F32, Type("encoder.layer.0.output.dense.scale", null));
        Assert.Equal(TensorType.F16, Type("encoder.layer.0.output.dense.scale", new() { HalfPrecisionVectors = true }));
        Assert.Equal(TensorType.F16, Type("dense.0.weight", null));
        Assert.Equal(TensorType.F32, Type("dense.0.weight", new() { HalfPrecisionLayers = false }));
        // This model's weights are float16 to begin with.
        model = TestModels.Tiny("bert-f16");
        Assert.Equal(TensorType.F16, Type("encoder.layer.0.output.dense.weight", TernaryModelFileOptions.Exact));
        Assert.Equal(TensorType.F16, Type("encoder.layer.0.output.LayerNorm.bias", null));
    }

    [Fact]
    public void The_file_is_plain_safetensors_and_says_what_it_is()
    {
        SafetensorsFile file = SafetensorsFile.FromMemory(Bytes(TestModels.Ternary(TestModels.Tiny()), null), "m");
        Assert.Equal("ternary-embedding-model", file.Metadata["format"]);
        Assert.Equal("1", file.Metadata["version"]);
        Assert.Contains("\"hidden_size\":32", file.Metadata["config"], StringComparison.Ordinal);
        Assert.Contains("\"pooling\":[\"mean\"]", file.Metadata["modules"], StringComparison.Ordinal);
        // 32 columns are 7 bytes of five codes, 48 are 10.
        Assert.Equal([1, 32, 7], file.Tensors["encoder.layer.0.attention.self.query.ternary"].Shape);
        Assert.Equal([1, 32, 10], file.Tensors["encoder.layer.1.output.dense.ternary"].Shape);
        Assert.StartsWith("[PAD]\n[UNK]\n", Encoding.UTF8.GetString(file.GetBytes("tokenizer.vocabulary").Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_is_read_from_where_it_stands_and_need_not_seek()
    {
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        using MemoryStream stream = new();
        stream.Write([1, 2, 3]);
        TernaryModelFile.Save(model, stream, TernaryModelFileOptions.Exact);
        stream.Position = 3;
        using System.IO.Compression.GZipStream oneWay = new(Compress(stream), System.IO.Compression.CompressionMode.Decompress);
        AssertSame(model, TernaryModelFile.Load(oneWay));
    }

    [Fact]
    public void Any_altered_byte_is_noticed()
    {
        byte[] bytes = Bytes(TestModels.Ternary(TestModels.Tiny()), null);
        Random random = new(1);
        for (int i = 0; i < 400; i++)
        {
            byte[] altered = [.. bytes];
            // Half of the tries fall in the header, which is a small part of the file.
            int position = random.Next(i % 2 == 0 ? 8000 : altered.Length);
            altered[position] ^= (byte)(1 << random.Next(8));
            Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(new MemoryStream(altered)));
        }
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        using TestFolder folder = new();
        byte[] bytes = Bytes(TestModels.Ternary(TestModels.Tiny()), null);
        for (int length = 0; length < bytes.Length; length += 997)
        {
            File.WriteAllBytes(folder.File("m"), bytes[..length]);
            Assert.Equal(folder.File("m"), Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(folder.File("m"))).File);
        }
    }

    [Fact]
    public void An_altered_weight_is_reported_as_a_wrong_checksum()
    {
        byte[] bytes = Bytes(TestModels.Ternary(TestModels.Tiny()), null);
        bytes[^1] ^= 1;
        CheckpointException error = Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(new MemoryStream(bytes), "model.zip/Model"));
        Assert.Equal(("model.zip/Model", "checksum"), (error.File, error.Field));
    }

    [Fact]
    public void A_newer_version_is_refused_with_the_advice_to_update()
    {
        byte[] bytes = Bytes(TestModels.Ternary(TestModels.Tiny()), null);
        int position = bytes.AsSpan().IndexOf("\"version\":\"1\""u8) + 11;
        bytes[position] = (byte)'3';
        CheckpointException error = Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(new MemoryStream(bytes)));
        Assert.Equal("version", error.Field);
        Assert.Contains("update", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_a_folder_are_not_mistaken_for_a_model_file()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => TernaryModelFile.Load(Path.Combine(TestPaths.Tiny("bert"), "model.safetensors")));
        Assert.Equal("format", error.Field);
        Assert.Contains("load the folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_name_a_folder_or_a_file()
    {
        using TestFolder folder = new();
        EmbeddingModel model = TestModels.Ternary(TestModels.Tiny());
        TernaryModelFile.Save(model, folder.File("m.ternary"), TernaryModelFileOptions.Exact);
        AssertSame(model, EmbeddingModelFile.Load(folder.File("m.ternary")));
        AssertSame(TestModels.Tiny(), EmbeddingModelFile.Load(TestPaths.Tiny("st-mean")));
    }

    [Fact]
    public void A_failed_save_leaves_the_old_file_and_nothing_beside_it()
    {
        using TestFolder folder = new();
        string path = folder.File("m.ternary");
        TernaryModelFile.Save(TestModels.Ternary(TestModels.Tiny()), path);
        byte[] old = File.ReadAllBytes(path);
        CheckpointException error = Assert.Throws<CheckpointException>(() => CheckpointFile.Write(path, stream =>
        {
            TernaryModelFile.Save(TestModels.Ternary(TestModels.Tiny("st-max")), new FullDisk(stream, 5000));
        }));
        Assert.Equal(path, error.File);
        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_device_is_reported()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "This system has no /dev/full.");
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write);
        Assert.ThrowsAny<IOException>(() =>
        {
            TernaryModelFile.Save(TestModels.Ternary(TestModels.Tiny()), full);
            full.Flush();
        });
    }

    [Fact]
    public void A_cancelled_save_leaves_the_old_file()
    {
        using TestFolder folder = new();
        File.WriteAllText(folder.File("f"), "old");
        Assert.Throws<OperationCanceledException>(() => CheckpointFile.Write(folder.File("f"), _ => throw new OperationCanceledException()));
        Assert.Equal("old", File.ReadAllText(folder.File("f")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_target_that_cannot_be_is_refused_before_anything_is_written()
    {
        using TestFolder folder = new();
        EmbeddingModel model = TestModels.Tiny();
        Assert.Throws<CheckpointException>(() => TernaryModelFile.Save(model, folder.Path));
        Assert.Throws<CheckpointException>(() => TernaryModelFile.Save(model, folder.File("no/such/folder")));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_loaded_model_can_be_saved_over_its_own_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not replace a file that is mapped.");
        using TestFolder folder = new();
        string path = folder.File("m.ternary");
        TernaryModelFile.Save(TestModels.Ternary(TestModels.Tiny()), path);
        EmbeddingModel mapped = TernaryModelFile.Load(path);
        byte[] old = File.ReadAllBytes(path);
        TernaryModelFile.Save(mapped, path);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal(old, Bytes(mapped, null));
    }

    [Fact]
    public void MiniLm_takes_at_most_15_4_megabytes_and_the_accounting_is_the_files_size()
    {
        EmbeddingModel model = TestModels.Ternary(HuggingFaceFolder.Load(TestPaths.MiniLm));
        ModelFileAccounting accounting = TernaryModelFile.Accounting(model);
        Assert.Equal(Bytes(model, null).Length, accounting.TotalBytes);
        Assert.InRange(accounting.TotalBytes, 14_000_000, 15_400_000);
        // 22.7 million parameters, the pooler, which embeddings do not use, left out.
        Assert.Equal(22_713_216 - 384 * 385, accounting.Parameters);
        TestContext.Current.TestOutputHelper?.WriteLine(accounting.ToString());
    }

    [Fact]
    public void MiniLm_with_embeddings_in_three_bits_takes_at_most_8_3_megabytes()
    {
        EmbeddingModel model = TestModels.Ternary(HuggingFaceFolder.Load(TestPaths.MiniLm));
        ModelFileAccounting accounting = TernaryModelFile.Accounting(model, new TernaryModelFileOptions { TokenEmbeddings = TokenEmbeddingFormat.Int3 });
        Assert.InRange(accounting.TotalBytes, 7_500_000, 8_300_000);
        // 3 bits and a float16 a group of 32.
        ModelFileEntry tokens = accounting.Entries.Single(e => e.Kind == "token embeddings");
        Assert.Equal(3.5, 8.0 * tokens.Bytes / tokens.Parameters);
    }

    [Fact]
    public void Bert_large_takes_less_than_a_thirteenth_of_float32()
    {
        ModelFileAccounting accounting = TernaryModelFile.Accounting(BertLarge());
        // 335 million parameters less the pooler's million.
        Assert.InRange(accounting.Parameters, 334_000_000, 334_200_000);
        Assert.InRange(accounting.Ratio, 0.065, 0.075);
        Assert.InRange(TernaryModelFile.Accounting(BertLarge(), new TernaryModelFileOptions { TokenEmbeddings = TokenEmbeddingFormat.Int4 }).Ratio, 0.05, 0.062);
        TestContext.Current.TestOutputHelper?.WriteLine(accounting.ToString());
    }

    /// <summary>BERT-large in shape; its layers are one layer 24 times, and its token embeddings take no memory.</summary>
    private static EmbeddingModel BertLarge()
    {
        const int Hidden = 1024;
        LayerNormWeights norm = new(new float[Hidden], new float[Hidden]);
        TernaryLinearWeights square = Zeros(Hidden, Hidden);
        BertLayerWeights layer = new()
        {
            Query = square,
            Key = square,
            Value = square,
            AttentionOutput = square,
            AttentionNorm = norm,
            Intermediate = Zeros(4 * Hidden, Hidden),
            Output = Zeros(Hidden, 4 * Hidden),
            OutputNorm = norm,
        };
        BertConfig config = new() { VocabularySize = 30522, HiddenSize = Hidden, LayerCount = 24, AttentionHeads = 16, IntermediateSize = 4 * Hidden, MaxPositions = 512 };
        BertWeights weights = new()
        {
            TokenEmbeddings = new NoEmbeddings(30522, Hidden),
            PositionEmbeddings = new float[512 * Hidden],
            TokenTypeEmbeddings = new float[2 * Hidden],
            EmbeddingNorm = norm,
            Layers = [.. Enumerable.Repeat(layer, 24)],
        };
        TokenizerDefinition tokenizer = HuggingFaceFolder.Load(TestPaths.MiniLm).Tokenizer;
        return new EmbeddingModel(config, tokenizer, weights, PoolingModes.Mean, [], normalize: true);

        static TernaryLinearWeights Zeros(int rows, int columns) =>
            new(TernaryMatrix.FromCodes(new sbyte[rows * columns], rows, columns, new float[rows]), new float[rows]);
    }

    /// <summary>The same file, its checksum right, with one tensor a row short.</summary>
    private static byte[] WithoutLastRow(SafetensorsFile file, string name)
    {
        TensorData[] tensors = SafetensorsWriter.Order([.. file.Tensors.Values.Select(info =>
        {
            ReadOnlyMemory<byte> bytes = file.GetBytes(info.Name);
            if (info.Name != name)
                return new TensorData(info.Name, info.Type, [.. info.Shape], bytes);
            long rows = info.Shape[0];
            return new TensorData(name, info.Type, [rows - 1, .. info.Shape.Skip(1)], bytes[..(int)(bytes.Length / rows * (rows - 1))]);
        })]);
        Dictionary<string, string> metadata = new(file.Metadata) { [TernaryModelChecksum.Key] = TernaryModelChecksum.Unset };
        byte[] header = SafetensorsWriter.Header([.. tensors.Select(t => t.Info)], metadata);
        TernaryModelChecksum.Set(header, tensors.Select(t => t.Bytes));
        return [.. header, .. tensors.SelectMany(t => t.Bytes.ToArray())];
    }

    private static byte[] Bytes(EmbeddingModel model, TernaryModelFileOptions? options)
    {
        using MemoryStream stream = new();
        TernaryModelFile.Save(model, stream, options);
        return stream.ToArray();
    }

    private static MemoryStream Compress(Stream source)
    {
        MemoryStream compressed = new();
        using (System.IO.Compression.GZipStream gzip = new(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            source.CopyTo(gzip);
        compressed.Position = 0;
        return compressed;
    }

    private static void AssertSame(EmbeddingModel expected, EmbeddingModel actual)
    {
        Assert.Equal(expected.Config, actual.Config);
        Assert.Equal(expected.Tokenizer.Vocabulary, actual.Tokenizer.Vocabulary);
        Assert.Equal(expected.Tokenizer with { Vocabulary = [] }, actual.Tokenizer with { Vocabulary = [] });
        Assert.Equal((expected.Pooling, expected.Normalize), (actual.Pooling, actual.Normalize));
        Assert.Equal(expected.Provenance, actual.Provenance);
        Assert.Equal(TestModels.Rows(expected.Weights.TokenEmbeddings), TestModels.Rows(actual.Weights.TokenEmbeddings));
        Assert.Equal(expected.Weights.PositionEmbeddings, actual.Weights.PositionEmbeddings);
        Assert.Equal(expected.Weights.TokenTypeEmbeddings, actual.Weights.TokenTypeEmbeddings);
        AssertSame(expected.Weights.EmbeddingNorm, actual.Weights.EmbeddingNorm);
        foreach ((BertLayerWeights one, BertLayerWeights other) in expected.Weights.Layers.Zip(actual.Weights.Layers))
        {
            foreach (((string name, LinearWeights a), (_, LinearWeights b)) in one.Linears().Zip(other.Linears()))
                AssertSame(name, a, b);
            AssertSame(one.AttentionNorm, other.AttentionNorm);
            AssertSame(one.OutputNorm, other.OutputNorm);
        }
        Assert.Equal(expected.DenseModules.Select(d => d.Activation), actual.DenseModules.Select(d => d.Activation));
        foreach ((DenseModule one, DenseModule other) in expected.DenseModules.Zip(actual.DenseModules))
            AssertSame("dense", one.Linear, other.Linear);
    }

    private static void AssertSame(LayerNormWeights expected, LayerNormWeights actual)
    {
        Assert.Equal(expected.Gain, actual.Gain);
        Assert.Equal(expected.Bias, actual.Bias);
    }

    private static void AssertSame(string name, LinearWeights expected, LinearWeights actual)
    {
        Assert.True(expected.GetType() == actual.GetType(), name);
        Assert.Equal(expected.Bias, actual.Bias);
        if (expected is DenseLinearWeights dense)
        {
            Assert.Equal(dense.Matrix, ((DenseLinearWeights)actual).Matrix);
            return;
        }
        TernaryMatrix one = ((TernaryLinearWeights)expected).Matrix;
        TernaryMatrix other = ((TernaryLinearWeights)actual).Matrix;
        Assert.Equal((one.Rows, one.Columns, one.Digits), (other.Rows, other.Columns, other.Digits));
        Assert.Equal(one.Packed.ToArray(), other.Packed.ToArray());
        Assert.Equal(one.Scales.ToArray(), other.Scales.ToArray());
    }

    /// <summary>A table of zeros without storage.</summary>
    private sealed class NoEmbeddings(int rows, int columns) : EmbeddingTable(rows, columns)
    {
        public override void CopyRow(int row, Span<float> destination) => destination[..Columns].Clear();
    }

    /// <summary>A stream on a disk that is full after so many bytes.</summary>
    private sealed class FullDisk(Stream inner, long room) : Stream
    {
        private long _room = room;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.Length > _room)
                throw new IOException("No space left on device");
            _room -= buffer.Length;
            inner.Write(buffer);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
