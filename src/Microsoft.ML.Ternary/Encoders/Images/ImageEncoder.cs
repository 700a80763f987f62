// Images in, embeddings out: TextEncoder's counterpart. It prepares images on all threads, a window at a time, and runs their patches
// as sequences; the arithmetic is TransformerEncoder's and EmbeddingHead's. An image's embedding depends on that image alone, bit for
// bit.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Embeds images with a full-precision, ternary or mixed model on the CPU.</summary>
/// <remarks>Thread-safe: any number of threads may embed at once; they share the weights.</remarks>
public sealed class ImageEncoder : IDisposable
{
    // Images that are prepared and planned together. One of 224 x 224 takes 0.6 MB.
    private const int WindowImages = 64;

    private const string NoGpu = "Image models do not run on a GPU yet.";

    private readonly CpuEncoder _cpu;
    private readonly ImagePreprocessor _preprocessor;
    private volatile bool _disposed;

    /// <summary>Prepares a model to be run: packs its ternary layers for this machine's instructions.</summary>
    /// <exception cref="ArgumentException">An option is out of range for this model.</exception>
    /// <exception cref="InvalidOperationException">The options name a GPU, and they do not let the CPU stand in.</exception>
    public ImageEncoder(ImageEmbeddingModel model, ImageEncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new ImageEncoderOptions();
        options.Validate(model);
        if (options.GpuDeviceId is not null && !options.FallbackToCpu)
            throw new InvalidOperationException($"{NoGpu} To run on the CPU instead, set FallbackToCpu, or leave GpuDeviceId empty.");
        Model = model;
        Options = options;
        Dimension = options.Dimension == 0 ? model.Dimension : options.Dimension;
        DeviceFallbackReason = options.GpuDeviceId is null ? null : NoGpu;
        _preprocessor = new ImagePreprocessor(model.Processor);
        _cpu = new CpuEncoder(model, options, Dimension);
    }

    /// <summary>The model that runs.</summary>
    public ImageEmbeddingModel Model { get; }

    /// <summary>The options it runs with.</summary>
    public ImageEncoderOptions Options { get; }

    /// <summary>Components of an embedding: the model's, or as many as the options keep.</summary>
    public int Dimension { get; }

    /// <summary>Why it does not run on the GPU that was asked for; null where none was.</summary>
    public string? DeviceFallbackReason { get; }

    /// <summary>Embeds images.</summary>
    /// <param name="images">The images, of any size.</param>
    /// <param name="output">At least <c>images.Count</c> x <see cref="Dimension"/> values; row i is the embedding of image i.</param>
    /// <param name="cancellation">Stops the work between two batches; <paramref name="output"/> is then partly written.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small, an image is null, or it cannot be prepared, being
    /// smaller than a patch where the model does not resize, or too narrow to be resized by its shorter side.</exception>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Embed(IReadOnlyList<ImagePixels> images, Span<float> output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        CheckReady(images.Count, output.Length);
        for (int start = 0; start < images.Count; start += WindowImages)
        {
            int count = Math.Min(WindowImages, images.Count - start);
            Run(Prepare(images, start, count, cancellation), output.Slice(start * Dimension, count * Dimension), cancellation);
        }
    }

    /// <summary>Embeds one image.</summary>
    /// <exception cref="ArgumentException">The image cannot be prepared.</exception>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    public float[] Embed(ImagePixels image)
    {
        float[] output = new float[Dimension];
        Embed([image], output);
        return output;
    }

    /// <summary>Prepares an image for <see cref="Embed(IReadOnlyList{PixelValues}, Span{float}, CancellationToken)"/>.</summary>
    /// <exception cref="ArgumentException">The image cannot be prepared.</exception>
    internal PixelValues Prepare(ImagePixels image)
    {
        PixelValues values = _preprocessor.Prepare(image);
        int patch = Model.Config.PatchSize;
        if (values.Height < patch || values.Width < patch)
            throw new ArgumentException($"The image is {values.Width} x {values.Height} pixels once prepared, smaller than a patch of {patch} x {patch}. Resize it.");
        return values;
    }

    /// <summary>Embeds images that are prepared already.</summary>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small, or an image is smaller than a patch.</exception>
    internal void Embed(IReadOnlyList<PixelValues> images, Span<float> output, CancellationToken cancellation = default)
    {
        CheckReady(images.Count, output.Length);
        Run(images, output, cancellation);
    }

    /// <summary>Refuses further work and drops the working memory. Calls that are under way finish.</summary>
    public void Dispose()
    {
        _disposed = true;
        _cpu.Release();
    }

    private PixelValues[] Prepare(IReadOnlyList<ImagePixels> images, int start, int count, CancellationToken cancellation)
    {
        PixelValues[] prepared = new PixelValues[count];
        ParallelWork.Run(count, chunk: 1, Options.MaxThreads, cancellation, i =>
        {
            ImagePixels image = images[start + i] ?? throw new ArgumentException($"Image {start + i} is null.", nameof(images));
            prepared[i] = Prepare(image);
        });
        return prepared;
    }

    private void Run(IReadOnlyList<PixelValues> images, Span<float> output, CancellationToken cancellation) =>
        _cpu.Run(new ImageBatch(images, Model.Config.PatchSize, Model.Config.PrefixTokens), output, cancellation);

    private void CheckReady(int count, int outputLength)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (outputLength < (long)count * Dimension)
            throw new ArgumentException($"The output holds {outputLength} values; {count} embeddings of {Dimension} components need {(long)count * Dimension}.", "output");
    }
}
