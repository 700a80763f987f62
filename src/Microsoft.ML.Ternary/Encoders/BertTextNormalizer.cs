// Turns text into the words that BERT's reference tokenizer sees (Hugging Face tokenizers: BertNormalizer, BertPreTokenizer and
// the search for special tokens before both), so that Microsoft.ML.Tokenizers only has WordPiece left to do. Its own normaliser
// and pre-tokenizer differ from the reference: they keep format characters, drop symbols, compose after removing accents, and
// look for special tokens after lower-casing.
using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Ternary.Encoders;

/// <summary>Normalises text to words separated by single spaces.</summary>
internal sealed class BertTextNormalizer : Normalizer
{
    /// <summary>Words of more code points are unknown, whatever the vocabulary holds.</summary>
    public const int MaxWordLength = 100;

    private readonly bool _lowerCase;
    private readonly bool _stripAccents;
    private readonly bool _splitChinese;
    private readonly string _unknownToken;
    private readonly string[] _specialTokens;
    private readonly SearchValues<string> _specialSearch;

    public BertTextNormalizer(TokenizerDefinition definition, IEnumerable<string> specialTokens)
    {
        _lowerCase = definition.LowerCase;
        _stripAccents = definition.StripAccents;
        _splitChinese = definition.SplitChineseCharacters;
        _unknownToken = definition.UnknownToken;
        // Where one special token begins another, the longer one is meant.
        _specialTokens = [.. specialTokens.OrderByDescending(t => t.Length)];
        _specialSearch = SearchValues.Create(_specialTokens, StringComparison.Ordinal);
    }

    public override string Normalize(string original) => Normalize(original.AsSpan(), int.MaxValue);

    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original, int.MaxValue);

    /// <summary>Normalises as much of a text as gives <paramref name="maxWords"/> words; each is at least one token, so more cannot matter.</summary>
    public string Normalize(ReadOnlySpan<char> text, int maxWords)
    {
        WordWriter words = new(_unknownToken, maxWords);
        while (!words.IsFull)
        {
            int next = text.IndexOfAny(_specialSearch);
            AppendPlain(next < 0 ? text : text[..next], words);
            if (next < 0)
                break;
            text = text[next..];
            string special = FirstSpecialToken(text);
            words.AddWord(special);
            text = text[special.Length..];
        }
        return words.ToString();
    }

    private string FirstSpecialToken(ReadOnlySpan<char> text)
    {
        foreach (string token in _specialTokens)
            if (text.StartsWith(token, StringComparison.Ordinal))
                return token;
        throw new InvalidOperationException("The search for special tokens found none of them.");
    }

    private void AppendPlain(ReadOnlySpan<char> text, WordWriter words)
    {
        RuneBuffer decomposed = new(stackalloc Rune[RuneBuffer.Capacity]);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (words.IsFull)
                return;
            if (rune.IsAscii)
            {
                AppendAscii((char)rune.Value, words);
                continue;
            }
            if (IsRemoved(rune))
                continue;
            bool alone = _splitChinese && IsChinese(rune.Value);
            if (alone)
                words.EndWord();
            decomposed.Clear();
            if (_stripAccents)
                CanonicalDecompositions.AppendWithoutMarks(rune, ref decomposed);
            else
                decomposed.Add(rune);
            foreach (Rune part in decomposed.Runes)
                AppendLowered(part, words);
            if (alone)
                words.EndWord();
        }
        words.EndWord();
    }

    private void AppendAscii(char c, WordWriter words)
    {
        if (char.IsAsciiLetterOrDigit(c))
            words.Add(_lowerCase ? char.ToLowerInvariant(c) : c);
        else if (c is ' ' or '\t' or '\n' or '\r')
            words.EndWord();
        else if (c is > ' ' and < '\x7F')
            words.AddAlone(new Rune(c));
    }

    private void AppendLowered(Rune rune, WordWriter words)
    {
        if (_lowerCase && rune.Value == 0x130)
        {
            // The one character whose lower case is two: i and a dot above.
            words.Add('i');
            words.Add('\u0307');
            return;
        }
        if (_lowerCase)
            rune = Rune.ToLowerInvariant(rune);
        if (Rune.IsWhiteSpace(rune))
            words.EndWord();
        else if (IsPunctuation(rune))
            words.AddAlone(rune);
        else
            words.Add(rune);
    }

    private static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? !char.IsAsciiLetterOrDigit((char)rune.Value) : Rune.IsPunctuation(rune);

    private static bool IsRemoved(Rune rune) =>
        rune.Value == 0xFFFD
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    /// <summary>The reference's ranges, with its slip in the sixth (2B920 for 2B820), on which trained models depend.</summary>
    private static bool IsChinese(int value) =>
        value is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);

    /// <summary>Collects characters into words.</summary>
    private sealed class WordWriter(string unknownToken, int maxWords)
    {
        private readonly StringBuilder _text = new();
        private int _words;
        private int _wordStart;
        private int _wordLength;

        public bool IsFull => _words >= maxWords;

        public void Add(char c)
        {
            _text.Append(c);
            _wordLength++;
        }

        public void Add(Rune rune)
        {
            _text.Append(rune);
            _wordLength++;
        }

        public void AddAlone(Rune rune)
        {
            EndWord();
            Add(rune);
            EndWord();
        }

        public void AddWord(string word)
        {
            EndWord();
            _text.Append(word);
            _wordLength = 1;
            EndWord();
        }

        public void EndWord()
        {
            if (_wordLength == 0)
                return;
            if (IsFull)
            {
                _text.Length = _wordStart;
                _wordLength = 0;
                return;
            }
            if (_wordLength > MaxWordLength)
            {
                _text.Length = _wordStart;
                _text.Append(unknownToken);
            }
            _text.Append(' ');
            _words++;
            _wordStart = _text.Length;
            _wordLength = 0;
        }

        public override string ToString() => _text.ToString();
    }
}
