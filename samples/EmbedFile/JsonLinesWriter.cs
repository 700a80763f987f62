// {"ids": [101, ...], "embedding": [0.01234567, ...]}, one line a text: seven significant digits, which is what float32 holds
// and what other implementations print.
using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.ML.Ternary.Encoders;

namespace Samples.EmbedFile;

internal sealed class JsonLinesWriter(string path, int dimension) : EmbeddingWriter(path)
{
    // No int and no float in seven digits is longer than this, its separator included.
    private const int MaxNumberBytes = 20;

    private readonly ArrayBufferWriter<byte> _line = new();

    public override void Write(TokenBatch tokens, ReadOnlySpan<float> embeddings, CancellationToken cancellation)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _line.ResetWrittenCount();
            Append("{\"ids\": [");
            AppendNumbers(tokens.Sequence(i), "");
            Append("], \"embedding\": [");
            AppendNumbers(embeddings.Slice(i * dimension, dimension), "G7");
            Append("]}\n");
            Stream.Write(_line.WrittenSpan);
        }
    }

    private void AppendNumbers<T>(ReadOnlySpan<T> numbers, string format)
        where T : IUtf8SpanFormattable
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (i > 0)
                Append(", ");
            if (!numbers[i].TryFormat(_line.GetSpan(MaxNumberBytes), out int written, format, CultureInfo.InvariantCulture))
                throw new InvalidOperationException($"The number {numbers[i]} takes more than {MaxNumberBytes} bytes.");
            _line.Advance(written);
        }
    }

    private void Append(string ascii) => _line.Advance(Encoding.ASCII.GetBytes(ascii, _line.GetSpan(ascii.Length)));
}
