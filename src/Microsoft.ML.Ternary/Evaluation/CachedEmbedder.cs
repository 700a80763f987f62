// Tasks share texts, and texts occur twice in one: whoever runs a model over many tasks embeds each text once.
namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Remembers the embeddings of another embedder, up to a limit of memory; those least recently asked for go first.</summary>
/// <remarks>Thread-safe if the other is. Two calls that ask for a new text at the same moment both compute it.</remarks>
public sealed class CachedEmbedder : ITextEmbedder
{
    // Beside its text and its embedding an entry is two objects, two list links and a place in the dictionary.
    private const long EntryOverhead = 200;

    private readonly ITextEmbedder _inner;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Wraps an embedder.</summary>
    /// <param name="inner">The embedder that computes what is not remembered.</param>
    /// <param name="maxBytes">Memory for texts and embeddings, at least 0; 1 GiB by default.</param>
    public CachedEmbedder(ITextEmbedder inner, long maxBytes = 1L << 30)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        _inner = inner;
        MaxBytes = maxBytes;
    }

    /// <inheritdoc/>
    public int Dimension => _inner.Dimension;

    /// <summary>Memory that the entries may take.</summary>
    public long MaxBytes { get; }

    /// <summary>Memory that the entries take.</summary>
    public long Bytes { get; private set; }

    /// <summary>Texts whose embeddings are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="output"/> is too small.</exception>
    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (output.Length < (long)texts.Count * Dimension)
            throw new ArgumentException($"The output holds {output.Length} values; {texts.Count} embeddings of {Dimension} components need {(long)texts.Count * Dimension}.", nameof(output));
        Dictionary<string, int> missing = [];
        int[] sources = new int[texts.Count];
        for (int i = 0; i < sources.Length; i++)
        {
            string text = texts[i] ?? "";
            if (TryCopy(text, output.Slice(i * Dimension, Dimension)))
                sources[i] = -1;
            else if (missing.TryGetValue(text, out int source))
                sources[i] = source;
            else
                missing.Add(text, sources[i] = missing.Count);
        }
        if (missing.Count > 0)
            Fill([.. missing.Keys], sources, output, cancellation);
    }

    private void Fill(string[] missing, int[] sources, Span<float> output, CancellationToken cancellation)
    {
        float[] rows = new float[missing.Length * Dimension];
        _inner.Embed(missing, rows, cancellation);
        for (int i = 0; i < sources.Length; i++)
        {
            if (sources[i] >= 0)
                rows.AsSpan(sources[i] * Dimension, Dimension).CopyTo(output.Slice(i * Dimension, Dimension));
        }
        lock (_lock)
        {
            for (int i = 0; i < missing.Length; i++)
                Remember(new Entry(missing[i], rows[(i * Dimension)..((i + 1) * Dimension)]));
        }
    }

    private bool TryCopy(string text, Span<float> row)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(text, out LinkedListNode<Entry>? node))
                return false;
            _recent.Remove(node);
            _recent.AddLast(node);
            node.Value.Row.CopyTo(row);
            return true;
        }
    }

    private void Remember(Entry entry)
    {
        if (entry.Bytes > MaxBytes || _entries.ContainsKey(entry.Text))
            return;
        _entries.Add(entry.Text, _recent.AddLast(entry));
        Bytes += entry.Bytes;
        while (Bytes > MaxBytes)
        {
            Entry oldest = _recent.First!.Value;
            _recent.RemoveFirst();
            _entries.Remove(oldest.Text);
            Bytes -= oldest.Bytes;
        }
    }

    private sealed record Entry(string Text, float[] Row)
    {
        public long Bytes => EntryOverhead + 2L * Text.Length + 4L * Row.Length;
    }
}
