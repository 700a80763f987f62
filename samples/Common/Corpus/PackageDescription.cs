// A package as apt's index describes it, and the sentence by which packages of one source are known.
namespace Samples.Common.Corpus;

/// <summary>A package's description: one line, and its paragraphs joined.</summary>
public sealed record PackageDescription(string Short, string Long)
{
    /// <summary>The first sentence of the long description, on one line; the short one where there is no long one.</summary>
    public string Opening
    {
        get
        {
            string text = Text.OnOneLine(Long.Length > 0 ? Long : Short);
            int end = 0;
            while (end < text.Length && !(text[end] is '.' or '!' or '?' or ':' && (end + 1 == text.Length || text[end + 1] == ' ')))
                end++;
            return text[..Math.Min(end + 1, text.Length)];
        }
    }
}
