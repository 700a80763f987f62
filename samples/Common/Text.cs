// Lengths in words and clean single lines, as corpora need them.
namespace Samples.Common;

/// <summary>Small operations on running text.</summary>
public static class Text
{
    /// <summary>The number of words, a word being what white space surrounds.</summary>
    public static int CountWords(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (char c in text)
        {
            bool word = !char.IsWhiteSpace(c);
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return words;
    }

    /// <summary>The text on one line: every run of white space becomes one space, none at the ends.</summary>
    public static string OnOneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
