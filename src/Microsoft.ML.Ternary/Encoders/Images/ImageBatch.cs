// The batch of images: a sequence is an image, its tokens the learned ones and the image's patches, row after row. Images may differ
// in size; like texts of different length they lie one after the other without padding.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Prepared images as sequences of patches.</summary>
internal sealed class ImageBatch : SequenceBatch
{
    private readonly IReadOnlyList<PixelValues> _images;

    /// <summary>Cuts images into patches; a rest on the right or at the bottom that fills no patch is left out, as in transformers.</summary>
    /// <param name="images">The images.</param>
    /// <param name="patchSize">Height and width of a patch.</param>
    /// <param name="prefixTokens">Tokens before the patches.</param>
    /// <exception cref="ArgumentException">An image is smaller than a patch, or has other values than its shape says.</exception>
    public ImageBatch(IReadOnlyList<PixelValues> images, int patchSize, int prefixTokens)
        : base(Offsets(images, patchSize, prefixTokens))
    {
        _images = images;
        PatchSize = patchSize;
    }

    /// <summary>Height and width of a patch.</summary>
    public int PatchSize { get; }

    /// <summary>An image.</summary>
    public PixelValues Image(int index) => _images[index];

    /// <summary>Rows and columns of an image's patches.</summary>
    public (int Rows, int Columns) Grid(int index) => (_images[index].Height / PatchSize, _images[index].Width / PatchSize);

    private static new int[] Offsets(IReadOnlyList<PixelValues> images, int patchSize, int prefixTokens)
    {
        int[] offsets = new int[images.Count + 1];
        for (int i = 0; i < images.Count; i++)
        {
            (ReadOnlyMemory<float> values, int height, int width) = images[i];
            if (height < patchSize || width < patchSize)
                throw new ArgumentException($"Image {i} is {width} x {height} pixels, smaller than a patch of {patchSize} x {patchSize}. Resize it.", nameof(images));
            if (values.Length != 3L * height * width)
                throw new ArgumentException($"Image {i} has {values.Length} values; 3 channels of {height} x {width} were expected.", nameof(images));
            offsets[i + 1] = checked(offsets[i] + prefixTokens + height / patchSize * (width / patchSize));
        }
        return offsets;
    }
}
