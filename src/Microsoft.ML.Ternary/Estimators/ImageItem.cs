// What a look-ahead window keeps of a row's image: pixels, or where they are to be read; and how it is taken out of the row.
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Ternary.Encoders;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Ternary;

/// <summary>The image of a row.</summary>
/// <param name="Row">The row's place in what its cursor reads, from 0.</param>
/// <param name="File">The image's file, where that is known.</param>
/// <param name="Pixels">The pixels; null where they are in the file still, or could not be had.</param>
/// <param name="Failure">Why there are no pixels.</param>
internal sealed record ImageItem(long Row, string? File, ImagePixels? Pixels = null, Exception? Failure = null);

/// <summary>Takes images out of rows. Files are not read here, on the one thread that moves the cursor, but where they are
/// embedded.</summary>
internal sealed class ImageInput(IHost host, TernaryImageEmbeddingOptions options) : EmbeddingInput<ImageItem>
{
    // Of decoded images, which may be large; a window of 64 photographs of a megapixel is as much.
    public override long MaxWindowSize => 256 << 20;

    public override Func<ImageItem> Open(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is ImageDataViewType)
            return OpenImages(row, row.GetGetter<MLImage>(column));
        if (column.Type is TextDataViewType)
            return OpenPaths(row, row.GetGetter<ReadOnlyMemory<char>>(column));
        CheckPixels(column);
        return column.Type.GetItemType() == NumberDataViewType.Byte
            ? OpenPixels(row, row.GetGetter<VBuffer<byte>>(column), value => value)
            : OpenPixels(row, row.GetGetter<VBuffer<float>>(column), value => (byte)Math.Clamp(MathF.Round(value), 0, 255));
    }

    public override long SizeOf(ImageItem item) => item.Pixels?.Bytes.Length ?? 0;

    public override bool AreSame(ImageItem a, ImageItem b) =>
        a.Failure is null && b.Failure is null && a.File == b.File
        && (a.Pixels, b.Pixels) switch
        {
            (null, null) => a.Row == b.Row,
            ({ } x, { } y) => x.Width == y.Width && x.Height == y.Height && x.Layout == y.Layout && x.Bytes.Span.SequenceEqual(y.Bytes.Span),
            _ => false,
        };

    /// <summary>Refuses a vector column that does not have as many pixels as the options say.</summary>
    /// <exception cref="InvalidOperationException">It has not, or the options do not say.</exception>
    public void CheckPixels(DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType vector)
            return;
        if (options.PixelWidth is not int width || options.PixelHeight is not int height)
            throw host.Except($"Column '{column.Name}' is a vector of pixels; set PixelWidth, PixelHeight and PixelLayout to say of what image.");
        long expected = (long)width * height * ImagePixels.BytesOf(options.PixelLayout);
        if (vector.Size != expected)
            throw host.Except($"Column '{column.Name}' has {vector.Size} values; an image of {width} x {height} pixels in {options.PixelLayout} has {expected}. Set PixelWidth, PixelHeight and PixelLayout as the pixels are.");
    }

    private static Func<ImageItem> OpenImages(DataViewRow row, ValueGetter<MLImage> getter)
    {
        MLImage? image = null;
        return () =>
        {
            try
            {
                getter(ref image!);
                return new ImageItem(row.Position, image?.Tag, image is null ? null : MLImagePixels.Copy(image));
            }
            // A transform before this one may read files in its getter, and fails in its own way.
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or NotSupportedException or UnauthorizedAccessException)
            {
                return new ImageItem(row.Position, null, Failure: e);
            }
        };
    }

    private static Func<ImageItem> OpenPaths(DataViewRow row, ValueGetter<ReadOnlyMemory<char>> getter)
    {
        ReadOnlyMemory<char> path = default;
        return () =>
        {
            getter(ref path);
            return new ImageItem(row.Position, path.IsEmpty ? null : path.ToString());
        };
    }

    private Func<ImageItem> OpenPixels<T>(DataViewRow row, ValueGetter<VBuffer<T>> getter, Func<T, byte> convert)
    {
        VBuffer<T> pixels = default;
        return () =>
        {
            getter(ref pixels);
            byte[] bytes = new byte[pixels.Length];
            foreach (KeyValuePair<int, T> pixel in pixels.Items())
                bytes[pixel.Key] = convert(pixel.Value);
            return new ImageItem(row.Position, null, new ImagePixels(options.PixelWidth!.Value, options.PixelHeight!.Value, options.PixelLayout, bytes));
        };
    }
}
