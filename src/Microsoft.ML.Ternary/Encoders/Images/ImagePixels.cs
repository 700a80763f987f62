// An image as numbers: whatever decoded it, encoders see bytes in rows.
namespace Microsoft.ML.Ternary.Encoders;

/// <summary>What the bytes of a pixel mean, in their order.</summary>
public enum PixelLayout
{
    /// <summary>One byte.</summary>
    Grey,

    /// <summary>Three bytes.</summary>
    Rgb,

    /// <summary>Three bytes.</summary>
    Bgr,

    /// <summary>Four bytes; alpha is dropped, as Pillow's convert("RGB") does.</summary>
    Rgba,

    /// <summary>Four bytes; alpha is dropped, as Pillow's convert("RGB") does.</summary>
    Bgra,
}

/// <summary>An image of 8 bits a channel: rows from top to bottom, pixels from left to right, channels interleaved, no gaps.</summary>
/// <remarks>The memory is not copied and must stay as it is while the image is used.</remarks>
public sealed class ImagePixels
{
    /// <summary>Wraps pixels.</summary>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="layout">What a pixel's bytes mean.</param>
    /// <param name="bytes">All pixels, width x height x bytes of a pixel.</param>
    /// <exception cref="ArgumentException">There are not as many bytes as the shape says, or no pixels.</exception>
    public ImagePixels(int width, int height, PixelLayout layout, ReadOnlyMemory<byte> bytes)
    {
        if (width < 1 || height < 1)
            throw new ArgumentException($"The image is {width} x {height}; it needs a pixel at least.", nameof(width));
        long expected = (long)width * height * BytesOf(layout);
        if (bytes.Length != expected)
            throw new ArgumentException($"An image of {width} x {height} pixels in {layout} has {expected} bytes; {bytes.Length} were given.", nameof(bytes));
        (Width, Height, Layout, Bytes) = (width, height, layout, bytes);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>What a pixel's bytes mean.</summary>
    public PixelLayout Layout { get; }

    /// <summary>All pixels.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Bytes of a pixel.</summary>
    internal int PixelBytes => BytesOf(Layout);

    /// <summary>Bytes of a pixel of a layout.</summary>
    internal static int BytesOf(PixelLayout layout) => layout switch
    {
        PixelLayout.Grey => 1,
        PixelLayout.Rgb or PixelLayout.Bgr => 3,
        PixelLayout.Rgba or PixelLayout.Bgra => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, "There is no such pixel layout."),
    };
}
