// Token ids against the reference tokenizer's, and the rules one by one on a vocabulary small enough to read.
using Microsoft.ML.Ternary.Checkpoints;
using Microsoft.ML.Ternary.Encoders;

namespace Microsoft.ML.Ternary.Tests.Encoders;

public sealed class TextTokenizerTests
{
    // ids:                                     0        1        2        3        4         5    6     7     8      9     10   11   12    13   14   15
    private static readonly string[] Tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "ab", "##b", "##c", "Ab", "é", "e", "中", "!", "[", "]"];

    private static readonly Lazy<TextTokenizer> MiniLm = new(() => TextTokenizer.Create(HuggingFaceFolder.Load(TestPaths.MiniLm).Tokenizer));

    public static TheoryData<int> MiniLmRows() => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(MiniLmRows))]
    public void Ids_equal_the_reference_on_the_real_vocabulary(int row)
    {
        GoldenText golden = Golden.MiniLmTexts()[row];
        Assert.Equal(golden.Ids, MiniLm.Value.Encode(golden.Text));
    }

    [Theory]
    [InlineData("st-cls")]
    [InlineData("st-mean")]
    [InlineData("st-max")]
    [InlineData("st-mean_sqrt_len")]
    [InlineData("st-cls-mean")]
    public void Ids_equal_the_reference_on_the_tiny_models(string name)
    {
        TextTokenizer tokenizer = TextTokenizer.Create(HuggingFaceFolder.Load(TestPaths.Tiny(name)).Tokenizer);
        foreach (GoldenText golden in Golden.TinyTexts(name))
            Assert.Equal(golden.Ids, tokenizer.Encode(golden.Text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \t\r\n\u3000")]
    [InlineData("\u0000\u200B\uFFFD")]
    public void Text_without_content_is_the_empty_sequence(string? text) => Assert.Equal([2, 3], Create().Encode(text));

    [Fact]
    public void The_longest_piece_wins_and_an_impossible_word_is_unknown_as_a_whole()
    {
        Assert.Equal([2, 6, 8, 7, 3], Create().Encode("abcb"));
        Assert.Equal([2, 6, 1, 3], Create().Encode("ab abx"));
    }

    [Fact]
    public void Case_and_accents_are_kept_unless_the_definition_removes_them()
    {
        Assert.Equal([2, 9, 10, 3], Create(lowerCase: false, stripAccents: false).Encode("Ab \u00E9"));
        Assert.Equal([2, 6, 10, 3], Create(lowerCase: true, stripAccents: false).Encode("Ab \u00E9"));
        Assert.Equal([2, 9, 11, 3], Create(lowerCase: false, stripAccents: true).Encode("Ab \u00E9"));
        Assert.Equal([2, 6, 11, 3], Create(lowerCase: true, stripAccents: true).Encode("Ab \u00C9"));
    }

    [Fact]
    public void Chinese_characters_are_words_only_where_the_definition_says_so()
    {
        Assert.Equal([2, 5, 12, 5, 3], Create().Encode("a中a"));
        Assert.Equal([2, 1, 3], Create(splitChinese: false).Encode("a中a"));
    }

    [Fact]
    public void Special_tokens_in_the_text_are_found_before_lower_casing_and_inside_words()
    {
        Assert.Equal([2, 5, 4, 6, 3], Create().Encode("a[MASK]ab"));
        Assert.Equal([2, 14, 1, 15, 3], Create().Encode("[mask]"));
    }

    [Fact]
    public void Words_are_limited_in_code_points_not_in_units()
    {
        // U+1D400 is two UTF-16 units.
        TextTokenizer tokenizer = TextTokenizer.Create(Definition() with { Vocabulary = [.. Tokens, "\U0001D400", "##\U0001D400"], MaxLength = 200 });
        Assert.Equal([2, 16, .. Enumerable.Repeat(17, 99), 3], tokenizer.Encode(string.Concat(Enumerable.Repeat("\U0001D400", 100))));
        Assert.Equal([2, 1, 3], tokenizer.Encode(string.Concat(Enumerable.Repeat("\U0001D400", 101))));
        Assert.Equal([2, 6, .. Enumerable.Repeat(7, 98), 3], tokenizer.Encode("a" + new string('b', 99)));
        Assert.Equal([2, 1, 3], tokenizer.Encode("a" + new string('b', 100)));
    }

    [Fact]
    public void Long_text_is_cut_inside_a_word_and_keeps_its_separator()
    {
        Assert.Equal([2, 6, 8, 3], Create().Encode("abcb", maxLength: 4));
        Assert.Equal([2, 3], Create().Encode("abcb", maxLength: 2));
        Assert.Equal(10, Create().Encode(new string('!', 1_000_000)).Length);
    }

    [Fact]
    public void A_limit_without_room_for_the_special_tokens_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create().Encode("a", maxLength: 1));

    [Fact]
    public void A_capital_i_with_a_dot_becomes_two_characters_where_accents_stay() =>
        Assert.Equal([2, 1, 3], Create(lowerCase: true, stripAccents: false).Encode("\u0130"));

    [Fact]
    public void Lone_surrogates_are_dropped() => Assert.Equal([2, 6, 3], Create().Encode("a\uD800b"));

    [Fact]
    public void Of_a_token_that_occurs_twice_the_last_id_counts() =>
        Assert.Equal([2, 16, 3], TextTokenizer.Create(Definition() with { Vocabulary = [.. Tokens, "a"] }).Encode("a"));

    [Fact]
    public void A_vocabulary_without_padding_and_mask_will_do()
    {
        TokenizerDefinition definition = new() { Vocabulary = ["[UNK]", "[CLS]", "[SEP]", "a"], MaxLength = 8 };
        Assert.Equal([1, 3, 2], TextTokenizer.Create(definition).Encode("a"));
    }

    [Fact]
    public void A_vocabulary_without_a_separator_is_refused() =>
        Assert.Throws<ArgumentException>(() => TextTokenizer.Create(new() { Vocabulary = ["[UNK]", "[CLS]", "a"], MaxLength = 8 }));

    private static TextTokenizer Create(bool lowerCase = true, bool stripAccents = true, bool splitChinese = true) =>
        TextTokenizer.Create(Definition() with { LowerCase = lowerCase, StripAccents = stripAccents, SplitChineseCharacters = splitChinese });

    private static TokenizerDefinition Definition() => new() { Vocabulary = Tokens, MaxLength = 10 };
}
