// From ML.NET's images to pixels.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary.Encoders;

internal static class MLImagePixels
{
    /// <summary>Copies an image's pixels, with the colours that its file has where they are transparent in part.</summary>
    /// <exception cref="NotSupportedException">The image's pixels have another form than four bytes.</exception>
    public static ImagePixels Copy(MLImage image)
    {
        PixelLayout layout = image.PixelFormat switch
        {
            MLPixelFormat.Rgba32 => PixelLayout.Rgba,
            MLPixelFormat.Bgra32 => PixelLayout.Bgra,
            _ => throw new NotSupportedException($"The image's pixel format is {image.PixelFormat}; Rgba32 and Bgra32 are supported."),
        };
        byte[] pixels = image.Pixels.ToArray();
        if (IsPremultiplied(pixels))
            Divide(pixels);
        return new ImagePixels(image.Width, image.Height, layout, pixels);
    }

    // ML.NET decodes with colours multiplied by alpha and does not say so; made of pixels they are what they were. No colour of the
    // first kind exceeds its alpha, and where none does and one alpha is less than whole, it is taken for that kind.
    private static bool IsPremultiplied(ReadOnlySpan<byte> pixels)
    {
        bool isTransparent = false;
        for (int i = 0; i < pixels.Length; i += 4)
        {
            byte alpha = pixels[i + 3];
            if (pixels[i] > alpha || pixels[i + 1] > alpha || pixels[i + 2] > alpha)
                return false;
            isTransparent |= alpha < byte.MaxValue;
        }
        return isTransparent;
    }

    private static void Divide(Span<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha is 0 or byte.MaxValue)
                continue;
            for (int c = i; c < i + 3; c++)
                pixels[c] = (byte)((pixels[c] * 255 + alpha / 2) / alpha);
        }
    }
}
