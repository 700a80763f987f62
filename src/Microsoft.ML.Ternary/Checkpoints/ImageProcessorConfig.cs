// How an image becomes what a model was trained on, in the words of Hugging Face's preprocessor_config.json.
namespace Microsoft.ML.Ternary.Checkpoints;

/// <summary>How pixels of a resized image are made of those of the image, with Pillow's numbers.</summary>
public enum ResampleFilter
{
    /// <summary>The pixel whose area holds the new pixel's centre.</summary>
    Nearest = 0,

    /// <summary>A windowed sinc of three lobes.</summary>
    Lanczos = 1,

    /// <summary>A triangle, one pixel to each side.</summary>
    Bilinear = 2,

    /// <summary>Cubic convolution with a = -0.5, two pixels to each side.</summary>
    Bicubic = 3,

    /// <summary>The mean of the pixels covered.</summary>
    Box = 4,

    /// <summary>A sinc of one lobe under a Hamming window.</summary>
    Hamming = 5,
}

/// <summary>The preparation of images: resize, centre crop, rescale, normalise, in this order. Images are RGB throughout: grey is
/// repeated, and alpha is dropped.</summary>
public sealed record ImageProcessorConfig
{
    /// <summary>Whether images are resized.</summary>
    public bool Resize { get; init; } = true;

    /// <summary>Height and width after resizing, both given; or null, where <see cref="ShortestEdge"/> says it.</summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>Length of the shorter side after resizing, which keeps the image's proportions.</summary>
    public int? ShortestEdge { get; init; }

    /// <summary>Where <see cref="ShortestEdge"/> is given, the most that the longer side may have; null for no limit.</summary>
    public int? LongestEdge { get; init; }

    /// <summary>How images are resized.</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bilinear;

    /// <summary>Height and width of the middle that is kept, filled up with black where the image is smaller; null keeps all.</summary>
    public (int Height, int Width)? CropSize { get; init; }

    /// <summary>What pixel values, 0 to 255, are multiplied by; 1 leaves them.</summary>
    public double RescaleFactor { get; init; } = 1 / 255.0;

    /// <summary>What is subtracted from the rescaled red, green and blue.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0, 0, 0];

    /// <summary>What the differences are divided by.</summary>
    public IReadOnlyList<float> StandardDeviation { get; init; } = [1, 1, 1];

    /// <summary>Height and width that an image has after resizing.</summary>
    internal (int Height, int Width) SizeAfterResize(int height, int width)
    {
        if (!Resize)
            return (height, width);
        if (Size is { } size)
            return size;
        (int shorter, int longer) = height <= width ? (height, width) : (width, height);
        // As the reference rounds: down, and a line of one pixel stays one.
        long newShorter = ShortestEdge!.Value;
        long newLonger = Math.Max(1, newShorter * longer / shorter);
        if (LongestEdge is int limit && newLonger > limit)
            (newShorter, newLonger) = (Math.Max(1, limit * newShorter / newLonger), limit);
        if (newLonger > MaxSide)
            throw new ArgumentException($"The image is {width} x {height}; with its shorter side resized to {newShorter} the longer one would have {newLonger} pixels, more than {MaxSide}. Crop it first.");
        return height <= width ? ((int)newShorter, (int)newLonger) : ((int)newLonger, (int)newShorter);
    }

    // Skia and Pillow draw the line for either side of an image near here; beyond it lies no photograph.
    private const int MaxSide = 1 << 16;

    /// <summary>Height and width of what the model gets of an image.</summary>
    internal (int Height, int Width) OutputSize(int height, int width) => CropSize ?? SizeAfterResize(height, width);
}
