// What the program does, apart from its command line: reads, embeds and writes one block of lines after the other, so that
// memory does not grow with the file, and leaves either the whole output or none.
using System.Diagnostics;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Samples.EmbedFile;

internal sealed record EmbedArguments
{
    public required string Model { get; init; }

    public required string Input { get; init; }

    public required string Output { get; init; }

    public int Threads { get; init; } = Environment.ProcessorCount;

    public int Dimension { get; init; }

    public int MaxLength { get; init; }

    public string Prefix { get; init; } = "";
}

internal static class EmbedCommand
{
    // Texts between two writes: enough to sort by length and keep all threads busy.
    private const int BlockTexts = 4096;

    private const int Cancelled = 130;

    public static async Task<int> RunAsync(EmbedArguments arguments, CancellationToken cancellation)
    {
        try
        {
            await EmbedAsync(arguments, cancellation);
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("\nCancelled; nothing was written.");
            return Cancelled;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or NotSupportedException or FormatException)
        {
            Console.Error.WriteLine("\nerror: " + e.Message);
            return 1;
        }
    }

    private static async Task EmbedAsync(EmbedArguments arguments, CancellationToken cancellation)
    {
        EmbeddingFormat format = EmbeddingWriter.FormatOf(arguments.Output);
        using TextLines lines = TextLines.Open(arguments.Input);
        using TextEncoder encoder = new(EmbeddingModelFile.Load(arguments.Model), new TextEncoderOptions
        {
            MaxThreads = arguments.Threads,
            Dimension = arguments.Dimension,
            MaxLength = arguments.MaxLength,
            Prefix = arguments.Prefix,
        });
        Progress progress = new(lines);
        using EmbeddingWriter writer = EmbeddingWriter.Create(arguments.Output, format, encoder.Dimension);
        await EmbedBlocksAsync(lines, encoder, writer, progress, cancellation);
        writer.Commit();
        progress.Finish(arguments.Output);
    }

    // One block is written while the next is read and embedded; the writer is idle again when this returns or throws.
    private static async Task EmbedBlocksAsync(TextLines lines, TextEncoder encoder, EmbeddingWriter writer, Progress progress, CancellationToken cancellation)
    {
        Task writing = Task.CompletedTask;
        try
        {
            for (List<string?> texts = lines.Read(BlockTexts); texts.Count > 0; texts = lines.Read(BlockTexts))
            {
                TokenBatch tokens = encoder.Tokenize(texts, cancellation);
                float[] embeddings = new float[texts.Count * encoder.Dimension];
                encoder.EmbedTokens(tokens, embeddings, cancellation);
                await writing;
                writing = Task.Run(() => writer.Write(tokens, embeddings, cancellation), cancellation);
                progress.Add(tokens.Count, tokens.TokenCount);
            }
        }
        finally
        {
            await writing;
        }
    }

    // One line on stderr that is written over; on a terminal only, so that logs stay short.
    private sealed class Progress(TextLines lines)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private long _texts;
        private long _tokens;

        public void Add(int texts, int tokens)
        {
            _texts += texts;
            _tokens += tokens;
            if (!Console.IsErrorRedirected)
                Console.Error.Write($"\r{lines.ShareRead,6:P0}  {_texts:N0} texts, {_texts / _clock.Elapsed.TotalSeconds:N0} a second   ");
        }

        public void Finish(string output)
        {
            double seconds = _clock.Elapsed.TotalSeconds;
            string lead = Console.IsErrorRedirected ? "" : "\r";
            Console.Error.WriteLine($"{lead}{_texts:N0} texts, {_tokens:N0} tokens in {seconds:F1} s: {_texts / seconds:N0} texts/s, {_tokens / seconds:N0} tokens/s, to {output}");
        }
    }
}
