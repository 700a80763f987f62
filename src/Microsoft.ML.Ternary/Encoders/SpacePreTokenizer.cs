// Splits what BertTextNormalizer wrote: words separated by single spaces. The library's own pre-tokenizers use regular
// expressions and know more kinds of white space than are left.
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Ternary.Encoders;

internal sealed class SpacePreTokenizer : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => PreTokenize(text.AsSpan());

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        List<(int Offset, int Length)> words = [];
        int start = 0;
        while (start < text.Length)
        {
            int length = text[start..].IndexOf(' ');
            if (length < 0)
                length = text.Length - start;
            if (length > 0)
                words.Add((start, length));
            start += length + 1;
        }
        return words;
    }
}
