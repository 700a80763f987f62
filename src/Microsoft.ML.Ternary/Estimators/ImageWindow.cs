// Embeds the images of a window: files are read, decoded and prepared on all threads, and what cannot be is named by row and file,
// or given as missing.
using Microsoft.ML.Data;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary;

internal sealed class ImageWindow(ImageEncoder encoder, bool missingForUnreadable)
{
    // Prepared images that are in memory at once.
    private const int ImagesAtOnce = 64;

    /// <summary>Embeds images; one that cannot be read becomes NaN where that is wanted.</summary>
    /// <exception cref="InvalidOperationException">An image cannot be read.</exception>
    public void Embed(IReadOnlyList<ImageItem> items, Span<float> output, CancellationToken cancellation)
    {
        int dimension = encoder.Dimension;
        for (int start = 0; start < items.Count; start += ImagesAtOnce)
        {
            int count = Math.Min(ImagesAtOnce, items.Count - start);
            PixelValues?[] prepared = Prepare(items, start, count, cancellation);
            int[] readable = [.. Enumerable.Range(0, count).Where(i => prepared[i] is not null)];
            float[] embeddings = new float[readable.Length * dimension];
            encoder.Embed([.. readable.Select(i => prepared[i]!.Value)], embeddings, cancellation);
            Span<float> rows = output.Slice(start * dimension, count * dimension);
            rows.Fill(float.NaN);
            for (int i = 0; i < readable.Length; i++)
                embeddings.AsSpan(i * dimension, dimension).CopyTo(rows[(readable[i] * dimension)..]);
        }
    }

    private PixelValues?[] Prepare(IReadOnlyList<ImageItem> items, int start, int count, CancellationToken cancellation)
    {
        PixelValues?[] prepared = new PixelValues?[count];
        ParallelWork.Run(count, chunk: 1, encoder.Options.MaxThreads, cancellation, i => prepared[i] = TryPrepare(items[start + i]));
        return prepared;
    }

    private PixelValues? TryPrepare(ImageItem item)
    {
        try
        {
            return encoder.Prepare(Pixels(item));
        }
        catch (Exception e) when (e is ArgumentException or IOException or InvalidOperationException or NotSupportedException or UnauthorizedAccessException)
        {
            if (missingForUnreadable)
                return null;
            string file = item.File is null ? "" : $" '{item.File}'";
            throw new InvalidOperationException(
                $"Row {item.Row}: the image{file} cannot be embedded: {e.Message} Repair it or leave the row out, or set MissingForUnreadable to get missing values for it.", e);
        }
    }

    private static ImagePixels Pixels(ImageItem item)
    {
        if (item.Failure is not null)
            throw new InvalidOperationException(item.Failure.Message, item.Failure);
        if (item.Pixels is not null)
            return item.Pixels;
        if (item.File is null)
            throw new InvalidOperationException("The row has none.");
        using FileStream stream = new(item.File, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length == 0)
            throw new InvalidOperationException("The file is empty.");
        using MLImage image = Decode(stream);
        return MLImagePixels.Copy(image);
    }

    private static MLImage Decode(Stream stream)
    {
        try
        {
            return MLImage.CreateFromStream(stream);
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException("The file is damaged, or no image of a kind that ML.NET decodes.", e);
        }
    }
}
