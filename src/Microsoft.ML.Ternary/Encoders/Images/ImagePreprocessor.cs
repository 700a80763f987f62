// From an image to a model's pixel values, as transformers' image processors do it: RGB, resize, centre crop, rescale, normalise.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Prepares images for a model. Immutable; threads may share one.</summary>
internal sealed class ImagePreprocessor
{
    private const int Channels = 3;

    private readonly ImageProcessorConfig _config;
    private readonly float[][] _values;

    public ImagePreprocessor(ImageProcessorConfig config)
    {
        _config = config;
        // A byte has 256 values, so rescaling and normalising are a look-up.
        _values = [.. Enumerable.Range(0, Channels).Select(channel => Enumerable.Range(0, 256).Select(value =>
            (float)((value * config.RescaleFactor - config.Mean[channel]) / config.StandardDeviation[channel])).ToArray())];
    }

    /// <summary>Makes the pixel values of an image.</summary>
    /// <returns>Red, green and blue planes, channels x height x width.</returns>
    /// <exception cref="ArgumentException">The image is so narrow that resizing by its shorter side gives a side of more than 65,536
    /// pixels.</exception>
    public PixelValues Prepare(ImagePixels image)
    {
        (int height, int width) = _config.SizeAfterResize(image.Height, image.Width);
        byte[]? resized = null;
        ImagePixels pixels = image;
        if (_config.Resize)
        {
            // Channels do not mix, so alpha and the order of colours can wait until there are fewer pixels.
            resized = ImageResizer.Resize(image.Bytes.Span, image.Width, image.Height, image.PixelBytes, width, height, _config.Filter);
            pixels = new ImagePixels(width, height, image.Layout, resized);
        }
        return Normalize(pixels);
    }

    private PixelValues Normalize(ImagePixels image)
    {
        (int height, int width) = _config.CropSize ?? (image.Height, image.Width);
        (int top, int left) = (CropStart(image.Height, height), CropStart(image.Width, width));
        float[] values = new float[checked(Channels * height * width)];
        for (int channel = 0; channel < Channels; channel++)
        {
            float[] table = _values[channel];
            int offset = Offset(image.Layout, channel);
            Span<float> plane = values.AsSpan(channel * height * width, height * width);
            // What lies outside the image is black.
            plane.Fill(table[0]);
            for (int y = Math.Max(0, -top); y < Math.Min(height, image.Height - top); y++)
            {
                ReadOnlySpan<byte> row = image.Bytes.Span.Slice((y + top) * image.Width * image.PixelBytes, image.Width * image.PixelBytes);
                for (int x = Math.Max(0, -left); x < Math.Min(width, image.Width - left); x++)
                    plane[y * width + x] = table[row[(x + left) * image.PixelBytes + offset]];
            }
        }
        return new PixelValues(values, height, width);
    }

    // The reference's: half of what is too much, rounded down; half of what is missing, rounded up before the image.
    private static int CropStart(int length, int crop) => length >= crop ? (length - crop) / 2 : -((crop - length + 1) / 2);

    private static int Offset(PixelLayout layout, int channel) => layout switch
    {
        PixelLayout.Grey => 0,
        PixelLayout.Bgr or PixelLayout.Bgra => 2 - channel,
        _ => channel,
    };
}

/// <summary>An image as a model reads it.</summary>
/// <param name="Values">Channels x height x width.</param>
/// <param name="Height">Rows of a plane.</param>
/// <param name="Width">Values in a row.</param>
internal readonly record struct PixelValues(ReadOnlyMemory<float> Values, int Height, int Width);
