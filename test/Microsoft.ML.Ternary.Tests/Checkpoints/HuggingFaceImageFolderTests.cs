// What of folders of vision transformers is read, and what is refused, by name.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Tests.Checkpoints;

public sealed class HuggingFaceImageFolderTests
{
    [Fact]
    public void The_configuration_is_the_files()
    {
        VisionConfig config = Load("dinov2").Config;
        Assert.Equal((32, 2, 4, 64), (config.HiddenSize, config.LayerCount, config.AttentionHeads, config.IntermediateSize));
        Assert.Equal((24, 8, 3, 1), (config.ImageSize, config.PatchSize, config.Channels, config.PrefixTokens));
        Assert.Equal(1e-6f, config.LayerNormEpsilon);
        Assert.Equal(Activation.QuickGelu, Load("clip-vision").Config.Activation);
        Assert.Equal(2, Load("deit").Config.PrefixTokens);
    }

    [Fact]
    public void Without_its_own_file_images_are_prepared_as_the_family_does()
    {
        Assert.Equal((24, 24), Load("vit").Processor.Size);
        Assert.Null(Load("vit").Processor.CropSize);
        Assert.Equal((24, ResampleFilter.Bicubic), (Load("clip-vision").Processor.ShortestEdge, Load("clip-vision").Processor.Filter));
    }

    [Theory]
    [InlineData("vit")]
    [InlineData("clip")]
    [InlineData("deit")]
    public void A_preprocessor_config_is_read(string name)
    {
        using TestFolder folder = TestFolder.CopyOf("vit");
        File.Copy(Path.Combine(TestPaths.Golden, "images", name + ".preprocessor_config.json"), folder.File("preprocessor_config.json"));
        ImageProcessorConfig processor = HuggingFaceImageFolder.Load(folder.Path).Processor;
        Assert.Equal(name == "clip" ? 24 : null, processor.ShortestEdge);
        Assert.Equal(name == "vit" ? null : (24, 24), processor.CropSize);
        Assert.Equal(name == "vit" ? ResampleFilter.Bilinear : ResampleFilter.Bicubic, processor.Filter);
        Assert.Equal(0.00392156862745098, processor.RescaleFactor);
    }

    [Fact]
    public void Fields_that_are_absent_or_off_are_so()
    {
        using TestFolder folder = TestFolder.CopyOf("vit");
        File.WriteAllText(folder.File("preprocessor_config.json"),
            """{ "feature_extractor_type": "ViTFeatureExtractor", "size": 16, "do_rescale": false, "do_normalize": false, "do_center_crop": true, "crop_size": 8 }""");
        ImageProcessorConfig processor = HuggingFaceImageFolder.Load(folder.Path).Processor;
        Assert.Equal((16, 16), processor.Size);
        Assert.Equal((8, 8), processor.CropSize);
        Assert.Equal(1, processor.RescaleFactor);
        Assert.Equal([0f, 0, 0], processor.Mean);
    }

    [Theory]
    [InlineData("""{ "image_processor_type": "SegformerImageProcessor" }""", "image_processor_type")]
    [InlineData("""{ "image_processor_type": "ViTImageProcessor", "resample": 9 }""", "resample")]
    [InlineData("""{ "image_processor_type": "ViTImageProcessor", "size": { "height": 0, "width": 8 } }""", "size.height")]
    [InlineData("""{ "image_processor_type": "ViTImageProcessor", "image_mean": [0.5] }""", "image_mean")]
    [InlineData("""{ "image_processor_type": "ViTImageProcessor", "image_std": [0.5, 0, 1] }""", "image_std")]
    [InlineData("""{ "image_processor_type": "CLIPImageProcessor", "crop_size": true }""", "crop_size")]
    [InlineData("""[]""", null)]
    public void A_wrong_preprocessor_config_is_refused_with_its_field(string json, string? field)
    {
        using TestFolder folder = TestFolder.CopyOf("vit");
        File.WriteAllText(folder.File("preprocessor_config.json"), json);
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load(folder.Path));
        Assert.Equal(folder.File("preprocessor_config.json"), error.File);
        Assert.Equal(field, error.Field);
    }

    [Theory]
    [InlineData("model_type", "\"swin\"")]
    [InlineData("hidden_act", "\"silu\"")]
    [InlineData("num_attention_heads", "5")]
    [InlineData("num_channels", "1")]
    [InlineData("patch_size", "48")]
    [InlineData("image_size", "[24, 32]")]
    [InlineData("use_swiglu_ffn", "true")]
    [InlineData("mlp_ratio", "-1")]
    public void A_configuration_that_is_not_supported_is_refused_with_its_field(string field, string value)
    {
        using TestFolder folder = TestFolder.CopyOf("vit");
        folder.Edit("config.json", json => json[field] = System.Text.Json.Nodes.JsonNode.Parse(value));
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load(folder.Path));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        using TestFolder folder = TestFolder.CopyOf("vit");
        folder.Edit("config.json", json => json["num_hidden_layers"] = 3);
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load(folder.Path));
        Assert.Equal("layers.2.attention.q_proj.weight", error.Field);
    }

    [Fact]
    public void A_pooler_that_the_checkpoint_lacks_is_named()
    {
        CheckpointException error = Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load(TestPaths.Tiny("vit-classifier"), ImagePooling.Pooler));
        Assert.Equal("vit.pooler.dense.weight", error.Field);
    }

    [Fact]
    public void Names_of_older_versions_are_known()
    {
        (string New, string Old)[] names =
        [
            ("layers.", "encoder.layer."), ("attention.q_proj", "attention.attention.query"), ("attention.k_proj", "attention.attention.key"),
            ("attention.v_proj", "attention.attention.value"), ("attention.o_proj", "attention.output.dense"), ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense"),
        ];
        ImageEmbeddingModel model = WithRenamed("vit", name => names.Aggregate(name, (old, pair) => old.Replace(pair.New, pair.Old, StringComparison.Ordinal)));
        Assert.Equal(((DenseLinearWeights)Load("vit").Weights.Layers[1].Output).Matrix, ((DenseLinearWeights)model.Weights.Layers[1].Output).Matrix);
    }

    [Fact]
    public void Projections_may_lack_biases_where_the_configuration_says_so()
    {
        string[] biases = ["q_proj.bias", "k_proj.bias", "v_proj.bias"];
        string? Keep(string name) => biases.Any(bias => name.EndsWith(bias, StringComparison.Ordinal)) ? null : name;
        Assert.Throws<CheckpointException>(() => WithRenamed("vit", Keep));
        ImageEmbeddingModel model = WithRenamed("vit", Keep, config => config["qkv_bias"] = false);
        Assert.All(model.Weights.Layers[0].Query.Bias, value => Assert.Equal(0, value));
    }

    [Fact]
    public void The_image_side_of_a_whole_CLIP_is_read()
    {
        ImageEmbeddingModel model = WithRenamed("clip-vision", name => name, config =>
        {
            System.Text.Json.Nodes.JsonNode vision = config.DeepClone();
            config.Clear();
            config["model_type"] = "clip";
            config["vision_config"] = vision;
        });
        Assert.Equal(16, model.Dimension);
    }

    [Fact]
    public void Each_kind_of_model_says_how_the_other_is_loaded()
    {
        Assert.Contains("image model", Assert.Throws<CheckpointException>(() => HuggingFaceFolder.Load(TestPaths.Tiny("vit"))).Message);
        Assert.Equal("model_type", Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load(TestPaths.Tiny("bert"))).Field);
        Assert.Throws<CheckpointException>(() => HuggingFaceImageFolder.Load("no such folder"));
    }

    private static ImageEmbeddingModel Load(string folder) => HuggingFaceImageFolder.Load(TestPaths.Tiny(folder));

    private static ImageEmbeddingModel WithRenamed(string tiny, Func<string, string?> rename, Action<System.Text.Json.Nodes.JsonObject>? edit = null)
    {
        using TestFolder folder = TestFolder.CopyOf(tiny);
        SafetensorsFile file = SafetensorsFile.FromMemory(File.ReadAllBytes(folder.File("model.safetensors")), "renamed");
        TensorData[] tensors = [.. file.Tensors.Values.Where(t => rename(t.Name) is not null)
            .Select(t => new TensorData(rename(t.Name)!, t.Type, [.. t.Shape], file.GetBytes(t.Name)))];
        tensors = SafetensorsWriter.Order(tensors);
        byte[] header = SafetensorsWriter.Header([.. tensors.Select(t => t.Info)], null);
        File.WriteAllBytes(folder.File("model.safetensors"), [.. header, .. tensors.SelectMany(t => t.Bytes.ToArray())]);
        if (edit is not null)
            folder.Edit("config.json", edit);
        return HuggingFaceImageFolder.Load(folder.Path);
    }
}
