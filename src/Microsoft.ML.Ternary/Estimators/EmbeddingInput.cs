// The seam between the data views and the encoders: what a look-ahead cursor takes out of a row, and all that it asks of a model.
using Microsoft.ML.Data;

namespace Microsoft.ML.Ternary;

/// <summary>Embeds items, writing them one after another to <paramref name="output"/>; called by several cursors at once.</summary>
internal delegate void ItemEmbedding<TItem>(IReadOnlyList<TItem> items, Span<float> output, CancellationToken cancellation);

/// <summary>How a row's value becomes an item that may wait in a window until it is embedded.</summary>
internal abstract class EmbeddingInput<TItem>
{
    /// <summary>Items of together this size fill a window, however few they are.</summary>
    public abstract long MaxWindowSize { get; }

    /// <summary>Reads the column; each call of what is returned gives the current row's item.</summary>
    public abstract Func<TItem> Open(DataViewRow row, DataViewSchema.Column column);

    /// <summary>The size of an item.</summary>
    public abstract long SizeOf(TItem item);

    /// <summary>Whether two items embed alike because they are the same.</summary>
    public abstract bool AreSame(TItem a, TItem b);
}

/// <summary>Text, measured in characters.</summary>
internal sealed class TextInput : EmbeddingInput<string?>
{
    public static TextInput Instance { get; } = new();

    public override long MaxWindowSize => 1 << 18;

    public override Func<string?> Open(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getter(ref text);
            return text.ToString();
        };
    }

    public override long SizeOf(string? item) => item?.Length ?? 0;

    public override bool AreSame(string? a, string? b) => string.Equals(a, b, StringComparison.Ordinal);
}
