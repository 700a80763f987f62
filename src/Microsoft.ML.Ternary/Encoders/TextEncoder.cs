// Text in, embeddings out: the one class through which transformers, samples and the evaluation run a model. It tokenises,
// plans batches, spreads them over threads and puts the results back in the caller's order; the arithmetic is
// TransformerEncoder's and EmbeddingHead's. A sequence's embedding depends on that sequence alone, bit for bit: not on its batch, nor on threads.
using Microsoft.ML.Ternary.Checkpoints;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Embeds text with a full-precision, ternary or mixed model on the CPU or on a GPU.</summary>
/// <remarks>Thread-safe: any number of threads may embed at once; they share the weights.</remarks>
public sealed class TextEncoder : IDisposable
{
    // Texts that are tokenised and planned together: bounds the memory beside the caller's own lists.
    private const int WindowTexts = 8192;

    // Below this, starting other threads to tokenise costs more than it saves.
    private const int MinTextsToSpread = 32;

    private readonly GpuTextEncoder? _gpu;
    private readonly CpuEncoder? _cpu;
    private readonly TextTokenizer _tokenizer;
    private volatile bool _disposed;

    /// <summary>Prepares a model to be run: packs its ternary layers for this machine's instructions, or for the GPU.</summary>
    /// <exception cref="ArgumentException">An option is out of range for this model.</exception>
    /// <exception cref="InvalidOperationException">The GPU that the options name cannot be used, and they do not let the CPU
    /// stand in.</exception>
    public TextEncoder(EmbeddingModel model, TextEncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new TextEncoderOptions();
        Validate(model, options);
        Model = model;
        Options = options;
        Dimension = options.Dimension == 0 ? model.Dimension : options.Dimension;
        _tokenizer = TextTokenizer.Create(model.Tokenizer);
        (_gpu, Device, DeviceFallbackReason) = GpuDeviceSelection.Choose(model, options, Dimension);
        if (_gpu is null)
            _cpu = new CpuEncoder(model, options, Dimension);
    }

    /// <summary>The model that runs.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>The options it runs with.</summary>
    public TextEncoderOptions Options { get; }

    /// <summary>Components of an embedding: the model's, or as many as the options keep.</summary>
    public int Dimension { get; }

    /// <summary>Where it runs, for messages: the CPU, or a GPU's name and means.</summary>
    public string Device { get; }

    /// <summary>Whether it runs on a GPU.</summary>
    internal bool RunsOnGpu => _gpu is not null;

    /// <summary>Why it does not run on the GPU that was asked for; null where it does, or where none was.</summary>
    public string? DeviceFallbackReason { get; }

    /// <summary>Embeds texts.</summary>
    /// <param name="texts">The texts; null, empty and blank ones embed as the empty sequence does.</param>
    /// <param name="output">At least <c>texts.Count</c> x <see cref="Dimension"/> values; row i is the embedding of text i.</param>
    /// <param name="cancellation">Stops the work between two batches; <paramref name="output"/> is then partly written.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small.</exception>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        CheckReady(texts.Count, output.Length);
        for (int start = 0; start < texts.Count; start += WindowTexts)
        {
            int count = Math.Min(WindowTexts, texts.Count - start);
            Run(TokenizeRange(texts, start, count, cancellation), output.Slice(start * Dimension, count * Dimension), cancellation);
        }
    }

    /// <summary>Embeds one text.</summary>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    public float[] Embed(string? text)
    {
        float[] output = new float[Dimension];
        Embed([text], output);
        return output;
    }

    /// <summary>The token ids that <see cref="Embed(IReadOnlyList{string}, Span{float}, CancellationToken)"/> runs for these
    /// texts: prefix, special tokens and truncation included.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public TokenBatch Tokenize(IReadOnlyList<string?> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return TokenizeRange(texts, 0, texts.Count, cancellation);
    }

    /// <summary>Embeds sequences of token ids.</summary>
    /// <param name="tokens">The sequences, special tokens included.</param>
    /// <param name="output">At least <c>tokens.Count</c> x <see cref="Dimension"/> values; row i is the embedding of sequence i.</param>
    /// <param name="cancellation">Stops the work between two batches; <paramref name="output"/> is then partly written.</param>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small, a sequence has more tokens than the model has
    /// positions, an id is not in the vocabulary, or a type is not one of the model's.</exception>
    /// <exception cref="ObjectDisposedException">The encoder was disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void EmbedTokens(TokenBatch tokens, Span<float> output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        CheckReady(tokens.Count, output.Length);
        TokenFront.Check(Model.Config, tokens);
        Run(tokens, output, cancellation);
    }

    /// <summary>Refuses further work and drops the working memory, on a GPU the weights too. Calls that are under way finish, or on
    /// a GPU are refused if they have not begun.</summary>
    public void Dispose()
    {
        _disposed = true;
        _cpu?.Release();
        _gpu?.Dispose();
    }

    internal static void Validate(EmbeddingModel model, TextEncoderOptions options)
    {
        options.Validate(model);
        if (options.MaxLength != 0 && (options.MaxLength < 2 || options.MaxLength > model.Config.MaxPositions))
            throw new ArgumentException($"MaxLength is {options.MaxLength}; choose 0 (the model's own, {model.Tokenizer.MaxLength}) or 2 to {model.Config.MaxPositions}, the positions of the model.", nameof(options));
        if (options.Prefix is null)
            throw new ArgumentException("Prefix is null; leave it empty for none.", nameof(options));
    }

    private void CheckReady(int count, int outputLength)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (outputLength < (long)count * Dimension)
            throw new ArgumentException($"The output holds {outputLength} values; {count} embeddings of {Dimension} components need {(long)count * Dimension}.", "output");
    }

    private TokenBatch TokenizeRange(IReadOnlyList<string?> texts, int start, int count, CancellationToken cancellation)
    {
        int[][] sequences = new int[count][];
        int threads = count < MinTextsToSpread ? 1 : Options.MaxThreads;
        ParallelWork.Run(count, MinTextsToSpread, threads, cancellation, i => sequences[i] = TokenizeOne(texts[start + i]));
        return TokenBatch.FromSequences(sequences);
    }

    private int[] TokenizeOne(string? text)
    {
        string prefixed = string.IsNullOrWhiteSpace(text) ? "" : Options.Prefix + text;
        return _tokenizer.Encode(prefixed, Options.MaxLength);
    }

    private void Run(TokenBatch tokens, Span<float> output, CancellationToken cancellation)
    {
        if (_gpu is not null)
            _gpu.Run(tokens, output, cancellation);
        else
            _cpu!.Run(tokens, output, cancellation);
    }
}
