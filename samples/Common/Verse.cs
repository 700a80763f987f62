// The Bible's verses in two translations, one of 1611 and one modern: pairs of texts that mean the same.
namespace Samples.Common;

/// <summary>One verse in two translations.</summary>
/// <param name="Book">The book's name.</param>
/// <param name="Chapter">Chapter, from 1.</param>
/// <param name="Number">Verse, from 1.</param>
/// <param name="KingJames">The text of 1611.</param>
/// <param name="Modern">The modern text.</param>
public sealed record Verse(string Book, int Chapter, int Number, string KingJames, string Modern)
{
    /// <summary>Reads all verses, in the order of the file.</summary>
    public static List<Verse> ReadAll(string path) =>
        [.. TabSeparatedFile.Read(path, "book\tchapter\tverse\tkjv\tweb")
            .Select(row => new Verse(row[0], int.Parse(row[1]), int.Parse(row[2]), row[3], row[4]))];
}
