// A model whose embeddings can be told by looking at the text, and which remembers how it was called.
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Ternary.Tests.Estimators;

/// <summary>Embeds "12" as (12, 2): the number it holds and its length; text that is no number as (-1, length).</summary>
internal sealed class FakeEmbedding
{
    public const int Dimension = 2;

    public ConcurrentQueue<int> WindowSizes { get; } = [];

    public Action<CancellationToken>? BeforeEmbed { get; init; }

    public static float[] Of(string text) =>
        [int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : -1, text.Length];

    public void Embed(IReadOnlyList<string?> texts, Span<float> output, CancellationToken cancellation)
    {
        BeforeEmbed?.Invoke(cancellation);
        WindowSizes.Enqueue(texts.Count);
        for (int i = 0; i < texts.Count; i++)
            Of(texts[i] ?? "").CopyTo(output.Slice(i * Dimension, Dimension));
    }

    /// <summary>A look-ahead view of <paramref name="source"/> that adds the column "Embedding" from the column "Text".</summary>
    public IDataView View(MLContext ml, IDataView source, int windowRows = 64) =>
        new LookAheadView<string?>(
            ((IHostEnvironment)ml).Register("Test"),
            source,
            transformer: null!,
            new EmbeddingColumn("Embedding", "Text", Dimension, Normalized: false),
            TextInput.Instance,
            Embed,
            windowRows);
}
