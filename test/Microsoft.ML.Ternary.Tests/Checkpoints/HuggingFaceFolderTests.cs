// From a folder to a model: what is read where, and every way in which a folder can be wrong.
using System.Text.Json.Nodes;
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class HuggingFaceFolderTests
{
    [Fact]
    public void The_real_teacher_reads_as_its_card_says()
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.MiniLm);
        Assert.Equal(new BertConfig
        {
            VocabularySize = 30522,
            HiddenSize = 384,
            LayerCount = 6,
            AttentionHeads = 12,
            IntermediateSize = 1536,
            MaxPositions = 512,
        }, model.Config);
        Assert.Equal(30522, model.Tokenizer.Vocabulary.Count);
        Assert.Equal("[CLS]", model.Tokenizer.Vocabulary[101]);
        // max_seq_length of sentence_bert_config.json, not tokenizer.json's 128 or tokenizer_config.json's 512.
        Assert.Equal(256, model.Tokenizer.MaxLength);
        // sentence_bert_config.json says do_lower_case false, and means: not additionally.
        Assert.True(model.Tokenizer.LowerCase);
        Assert.True(model.Tokenizer.StripAccents);
        Assert.Equal(PoolingModes.Mean, model.Pooling);
        Assert.True(model.Normalize);
        Assert.Equal(384, model.Dimension);
        Assert.Equal("all-MiniLM-L6-v2", model.Provenance["source"]);
    }

    [Theory]
    [InlineData("bert", Activation.Gelu)]
    [InlineData("bert-gelu_new", Activation.GeluTanh)]
    [InlineData("bert-relu", Activation.Relu)]
    [InlineData("bert-token-types", Activation.Gelu)]
    [InlineData("bert-f16", Activation.Gelu)]
    [InlineData("bert-bf16", Activation.Gelu)]
    public void Encoders_without_modules_are_pooled_by_the_mean_and_not_normalised(string name, Activation activation)
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny(name));
        Assert.Equal(activation, model.Config.Activation);
        Assert.Equal(PoolingModes.Mean, model.Pooling);
        Assert.False(model.Normalize);
        Assert.Empty(model.DenseModules);
        // model_max_length of tokenizer_config.json.
        Assert.Equal(24, model.Tokenizer.MaxLength);
    }

    [Theory]
    [InlineData("st-cls", PoolingModes.Cls, 32)]
    [InlineData("st-mean", PoolingModes.Mean, 32)]
    [InlineData("st-max", PoolingModes.Max, 32)]
    [InlineData("st-mean_sqrt_len", PoolingModes.MeanSqrtLength, 32)]
    [InlineData("st-cls-mean", PoolingModes.Cls | PoolingModes.Mean, 64)]
    public void Modules_give_pooling_dense_and_normalisation(string name, PoolingModes pooling, int pooled)
    {
        EmbeddingModel model = HuggingFaceFolder.Load(TestPaths.Tiny(name));
        Assert.Equal(pooling, model.Pooling);
        DenseModule dense = Assert.Single(model.DenseModules);
        Assert.Equal((pooled, 24, DenseActivation.Tanh), (dense.Linear.InputSize, dense.OutputSize, dense.Activation));
        Assert.True(model.Normalize);
        Assert.Equal(24, model.Dimension);
    }

    [Fact]
    public void Each_tensor_lands_in_its_place()
    {
        string path = Path.Combine(TestPaths.Tiny("bert"), "model.safetensors");
        SafetensorsFile file = SafetensorsFile.Open(path);
        BertWeights weights = HuggingFaceFolder.Load(TestPaths.Tiny("bert")).Weights;
        Assert.Equal(file.ReadSingles("embeddings.word_embeddings.weight"), TestModels.Rows(weights.TokenEmbeddings));
        Assert.Equal(file.ReadSingles("embeddings.position_embeddings.weight"), weights.PositionEmbeddings);
        Assert.Equal(file.ReadSingles("embeddings.token_type_embeddings.weight"), weights.TokenTypeEmbeddings);
        Assert.Equal(file.ReadSingles("embeddings.LayerNorm.weight"), weights.EmbeddingNorm.Gain);
        Assert.Equal(file.ReadSingles("embeddings.LayerNorm.bias"), weights.EmbeddingNorm.Bias);
        for (int i = 0; i < 2; i++)
        {
            string prefix = $"encoder.layer.{i}.";
            foreach ((string name, LinearWeights linear) in weights.Layers[i].Linears())
            {
                Assert.Equal(file.ReadSingles(prefix + name + ".weight"), ((DenseLinearWeights)linear).Matrix);
                Assert.Equal(file.ReadSingles(prefix + name + ".bias"), linear.Bias);
            }
            Assert.Equal(file.ReadSingles(prefix + "attention.output.LayerNorm.weight"), weights.Layers[i].AttentionNorm.Gain);
            Assert.Equal(file.ReadSingles(prefix + "output.LayerNorm.bias"), weights.Layers[i].OutputNorm.Bias);
        }
    }

    [Fact]
    public void A_checkpoint_with_a_head_is_read_through_its_prefix()
    {
        SafetensorsFile file = SafetensorsFile.Open(Path.Combine(TestPaths.Tiny("bert-masked-lm"), "model.safetensors"));
        Assert.Equal(
            file.ReadSingles("bert.encoder.layer.1.output.dense.weight"),
            ((DenseLinearWeights)HuggingFaceFolder.Load(TestPaths.Tiny("bert-masked-lm")).Weights.Layers[1].Output).Matrix);
    }

    [Fact]
    public void Half_precision_checkpoints_are_widened()
    {
        Assert.All(((DenseLinearWeights)TestModels.Tiny("bert-f16").Weights.Layers[0].Query).Matrix, w => Assert.Equal(w, (float)(Half)w));
        Assert.All(((DenseLinearWeights)TestModels.Tiny("bert-bf16").Weights.Layers[0].Query).Matrix,
            w => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(w) & 0xFFFF));
    }

    [Fact]
    public void Odd_shapes_are_read_as_they_are()
    {
        BertConfig config = TestModels.Tiny("bert-odd-shapes").Config;
        Assert.Equal((36, 3, 12, 50, 3), (config.HiddenSize, config.AttentionHeads, config.HeadSize, config.IntermediateSize, config.LayerCount));
    }

    [Fact]
    public void Shards_give_the_same_model_as_one_file()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        Shard(folder);
        EmbeddingModel whole = TestModels.Tiny("st-mean");
        EmbeddingModel sharded = HuggingFaceFolder.Load(folder.Path);
        Assert.Equal(TestModels.Rows(whole.Weights.TokenEmbeddings), TestModels.Rows(sharded.Weights.TokenEmbeddings));
        foreach ((LinearWeights one, LinearWeights other) in whole.Weights.Layers[1].Linears().Zip(sharded.Weights.Layers[1].Linears(), (a, b) => (a.Weights, b.Weights)))
            Assert.Equal(((DenseLinearWeights)one).Matrix, ((DenseLinearWeights)other).Matrix);
    }

    [Fact]
    public void A_shard_that_is_absent_or_lacks_its_tensor_or_lies_elsewhere_is_named()
    {
        const string Index = "model.safetensors.index.json";
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        Shard(folder);
        folder.Edit(Index, json => json["weight_map"]!["pooler.dense.bias"] = "three.safetensors");
        AssertWrong(folder, "three.safetensors", null);
        folder.Edit(Index, json => json["weight_map"]!["pooler.dense.bias"] = "../two.safetensors");
        AssertWrong(folder, Index, "weight_map.pooler.dense.bias");
        folder.Edit(Index, json => json["weight_map"]!["pooler.dense.bias"] = "two.safetensors");
        folder.Edit(Index, json => json["weight_map"]!["no.such.tensor"] = "one.safetensors");
        AssertWrong(folder, Index, "weight_map.no.such.tensor");
    }

    [Theory]
    [InlineData("model_type", "roberta")]
    [InlineData("position_embedding_type", "relative_key")]
    [InlineData("hidden_act", "silu")]
    [InlineData("hidden_size", "none")]
    [InlineData("hidden_size", "-1")]
    [InlineData("num_attention_heads", "5")]
    [InlineData("layer_norm_eps", "0")]
    [InlineData("is_decoder", "true")]
    [InlineData("vocab_size", "null")]
    public void An_unsupported_or_damaged_configuration_is_refused_by_its_field(string field, string value)
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        bool literal = value is "true" or "null" || int.TryParse(value, out _);
        folder.Edit("config.json", json => json[field] = literal ? JsonNode.Parse(value) : JsonValue.Create(value));
        AssertWrong(folder, "config.json", field);
    }

    [Theory]
    [InlineData("hidden_size", 64, "embeddings.word_embeddings.weight")]
    [InlineData("vocab_size", 139, "embeddings.word_embeddings.weight")]
    [InlineData("intermediate_size", 49, "encoder.layer.0.intermediate.dense.weight")]
    [InlineData("max_position_embeddings", 25, "embeddings.position_embeddings.weight")]
    [InlineData("type_vocab_size", 1, "embeddings.token_type_embeddings.weight")]
    [InlineData("num_hidden_layers", 3, "encoder.layer.2.attention.self.query.weight")]
    public void A_tensor_that_is_missing_or_of_another_shape_is_named(string field, int value, string tensor)
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        folder.Edit("config.json", json => json[field] = value);
        AssertWrong(folder, "model.safetensors", tensor);
    }

    [Fact]
    public void A_weight_that_is_not_finite_is_refused()
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        Rewrite(folder, "model.safetensors", "encoder.layer.1.output.dense.bias", values => values[3] = float.NaN);
        AssertWrong(folder, "model.safetensors", "encoder.layer.1.output.dense.bias");
    }

    [Fact]
    public void A_vocabulary_larger_than_the_embedding_table_is_refused()
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        File.AppendAllText(folder.File("vocab.txt"), "onemore\n");
        AssertWrong(folder, "vocab.txt", "vocabulary");
    }

    [Fact]
    public void A_vocabulary_without_a_special_token_is_refused()
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        File.WriteAllText(folder.File("vocab.txt"), File.ReadAllText(folder.File("vocab.txt")).Replace("[SEP]", "[SEPARATOR]", StringComparison.Ordinal));
        AssertWrong(folder, "vocab.txt", "[SEP]");
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("vocab.txt")]
    public void An_absent_file_is_named(string name)
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        File.Delete(folder.File(name));
        AssertWrong(folder, name, null);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("modules.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("sentence_bert_config.json")]
    [InlineData("1_Pooling/config.json")]
    [InlineData("2_Dense/config.json")]
    public void A_file_that_is_not_json_is_named(string name)
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        File.WriteAllText(folder.File(name), "{ not json");
        AssertWrong(folder, name, null);
    }

    [Fact]
    public void An_absent_folder_is_named()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Load("/nowhere/model"));
        Assert.Equal("/nowhere/model", error.File);
        Assert.Equal("/nowhere/model", Assert.Throws<CheckpointException>(() => EmbeddingModelFile.Load("/nowhere/model")).File);
    }

    [Fact]
    public void Weights_in_a_pickle_are_refused_with_advice()
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        File.Move(folder.File("model.safetensors"), folder.File("pytorch_model.bin"));
        Assert.Contains("safetensors", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pooling_mode_weightedmean_tokens", true)]
    [InlineData("pooling_mode_mean_tokens", false)]
    public void Pooling_that_is_unknown_or_unset_is_refused(string field, bool value)
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        folder.Edit("1_Pooling/config.json", json => json[field] = value);
        AssertWrong(folder, "1_Pooling/config.json", value ? field : "pooling_mode_*");
    }

    [Theory]
    [InlineData("\"cls\"", PoolingModes.Cls)]
    [InlineData("[\"mean\"]", PoolingModes.Mean)]
    [InlineData("[\"mean_sqrt_len_tokens\"]", PoolingModes.MeanSqrtLength)]
    public void Pooling_may_be_named_instead_of_flagged(string mode, PoolingModes expected)
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        File.WriteAllText(folder.File("1_Pooling/config.json"), $$"""{"embedding_dimension": 32, "pooling_mode": {{mode}}}""");
        Assert.Equal(expected, HuggingFaceFolder.Load(folder.Path).Pooling);
        File.WriteAllText(folder.File("1_Pooling/config.json"), """{"embedding_dimension": 32, "pooling_mode": "lasttoken"}""");
        AssertWrong(folder, "1_Pooling/config.json", "pooling_mode");
    }

    [Fact]
    public void An_unknown_module_and_one_outside_the_folder_are_refused()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        string modules = File.ReadAllText(folder.File("modules.json"));
        File.WriteAllText(folder.File("modules.json"), modules.Replace("models.Dense", "models.LSTM", StringComparison.Ordinal));
        AssertWrong(folder, "modules.json", "2.type");
        File.WriteAllText(folder.File("modules.json"), modules.Replace("2_Dense", "../2_Dense", StringComparison.Ordinal));
        AssertWrong(folder, "modules.json", "2.path");
    }

    [Fact]
    public void A_dense_module_that_does_not_fit_is_refused()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        folder.Edit("1_Pooling/config.json", json => json["pooling_mode_cls_token"] = true);
        AssertWrong(folder, "2_Dense/config.json", "in_features");
        folder.Edit("2_Dense/config.json", json => json["in_features"] = 64);
        AssertWrong(folder, "2_Dense/model.safetensors", "linear.weight");
        folder.Edit("2_Dense/config.json", json => json["activation_function"] = "torch.nn.modules.activation.Softmax");
        AssertWrong(folder, "2_Dense/config.json", "activation_function");
    }

    [Fact]
    public void Casing_and_accents_follow_the_tokenizer_configuration()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        folder.Edit("tokenizer_config.json", json => json["do_lower_case"] = false);
        TokenizerDefinition cased = HuggingFaceFolder.Load(folder.Path).Tokenizer;
        Assert.Equal((false, false), (cased.LowerCase, cased.StripAccents));
        folder.Edit("tokenizer_config.json", json => json["strip_accents"] = true);
        Assert.True(HuggingFaceFolder.Load(folder.Path).Tokenizer.StripAccents);
        // sentence-transformers' own flag lower-cases as well, and leaves accents alone.
        folder.Edit("sentence_bert_config.json", json => json["do_lower_case"] = true);
        folder.Edit("tokenizer_config.json", json => json["strip_accents"] = null);
        TokenizerDefinition lowered = HuggingFaceFolder.Load(folder.Path).Tokenizer;
        Assert.Equal((true, false), (lowered.LowerCase, lowered.StripAccents));
    }

    [Fact]
    public void The_maximum_length_is_the_sentence_configurations_then_the_tokenizers_and_never_above_the_positions()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        folder.Edit("sentence_bert_config.json", json => json["max_seq_length"] = 10);
        Assert.Equal(10, HuggingFaceFolder.Load(folder.Path).Tokenizer.MaxLength);
        folder.Edit("sentence_bert_config.json", json => json["max_seq_length"] = null);
        folder.Edit("tokenizer_config.json", json => json["model_max_length"] = 12);
        Assert.Equal(12, HuggingFaceFolder.Load(folder.Path).Tokenizer.MaxLength);
        // transformers writes 1e30 for "unknown".
        folder.Edit("tokenizer_config.json", json => json["model_max_length"] = 1e30);
        Assert.Equal(24, HuggingFaceFolder.Load(folder.Path).Tokenizer.MaxLength);
        folder.Edit("sentence_bert_config.json", json => json["max_seq_length"] = 1);
        AssertWrong(folder, "sentence_bert_config.json", "max_seq_length");
    }

    [Fact]
    public void Tokenizer_json_stands_in_for_an_absent_vocabulary()
    {
        using TestFolder folder = TestFolder.CopyOf("st-mean");
        string[] tokens = File.ReadAllLines(folder.File("vocab.txt"));
        JsonObject vocabulary = new(tokens.Select((t, i) => KeyValuePair.Create(t, (JsonNode?)JsonValue.Create(i))));
        JsonObject json = new() { ["model"] = new JsonObject { ["type"] = "WordPiece", ["vocab"] = vocabulary }, ["truncation"] = new JsonObject { ["max_length"] = 3 } };
        File.Delete(folder.File("vocab.txt"));
        File.WriteAllText(folder.File("tokenizer.json"), json.ToJsonString());
        TokenizerDefinition tokenizer = HuggingFaceFolder.Load(folder.Path).Tokenizer;
        Assert.Equal(tokens, tokenizer.Vocabulary);
        Assert.Equal(24, tokenizer.MaxLength);
        folder.Edit("tokenizer.json", j => j["model"]!["type"] = "BPE");
        AssertWrong(folder, "tokenizer.json", "model");
    }

    [Fact]
    public void Line_ends_of_windows_do_not_change_the_vocabulary()
    {
        using TestFolder folder = TestFolder.CopyOf("bert");
        string[] tokens = File.ReadAllLines(folder.File("vocab.txt"));
        File.WriteAllText(folder.File("vocab.txt"), "\uFEFF" + string.Join("\r\n", tokens));
        Assert.Equal(tokens, HuggingFaceFolder.Load(folder.Path).Tokenizer.Vocabulary);
    }

    private static void AssertWrong(TestFolder folder, string file, string? field)
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Load(folder.Path));
        Assert.Equal(folder.File(file), error.File);
        Assert.Equal(field, error.Field);
        Assert.StartsWith(error.File, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Splits the weight file in two, with an index.</summary>
    private static void Shard(TestFolder folder)
    {
        SafetensorsFile file = SafetensorsFile.Open(folder.File("model.safetensors"));
        TensorData[] tensors = [.. file.Tensors.Values.Select(t => new TensorData(t.Name, t.Type, t.Shape, file.GetBytes(t.Name).ToArray()))];
        ILookup<string, TensorData> shards = tensors.ToLookup(t => t.Name.Contains("layer.1", StringComparison.Ordinal) ? "one.safetensors" : "two.safetensors");
        foreach (IGrouping<string, TensorData> shard in shards)
            SafetensorsWriter.Save(folder.File(shard.Key), [.. shard]);
        JsonObject map = new(shards.SelectMany(s => s.Select(t => KeyValuePair.Create(t.Name, (JsonNode?)JsonValue.Create(s.Key)))));
        File.WriteAllText(folder.File("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        File.Delete(folder.File("model.safetensors"));
    }

    private static void Rewrite(TestFolder folder, string name, string tensor, Action<float[]> change)
    {
        SafetensorsFile file = SafetensorsFile.Open(folder.File(name));
        List<TensorData> tensors = [];
        foreach (TensorInfo info in file.Tensors.Values)
        {
            float[] values = file.ReadSingles(info.Name);
            if (info.Name == tensor)
                change(values);
            tensors.Add(TensorData.FromSingles(info.Name, values, info.Shape));
        }
        SafetensorsWriter.Save(folder.File(name), tensors);
    }
}
