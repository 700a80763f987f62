// The shape of a vision transformer (Dosovitskiy et al., arXiv 2010.11929): ViT, DeiT, DINOv2 and the image side of CLIP.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>The shape of a vision transformer.</summary>
public sealed record VisionConfig : EncoderConfig
{
    /// <summary>Height and width of the images that the learned positions belong to; for others positions are interpolated.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Height and width of a patch, the encoder's token.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Channels of an image.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Learned tokens before the patches: 1, the class token; 2 with DeiT's distillation token.</summary>
    public int PrefixTokens { get; init; } = 1;

    /// <inheritdoc/>
    public override bool NormFirst => true;

    /// <summary>Patches in a row and in a column of the learned positions.</summary>
    public int PositionGrid => ImageSize / PatchSize;

    /// <summary>Values of a patch, in the order channel, row, column.</summary>
    public int PatchLength => Channels * PatchSize * PatchSize;
}
