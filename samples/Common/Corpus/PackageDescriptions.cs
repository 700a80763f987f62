// apt's index describes every package in English, a paragraph or more each: varied technical prose that a Debian or
// Ubuntu system has at hand. It is read where it lies and never shipped.
using System.IO.Compression;
using System.Text;

namespace Samples.Common.Corpus;

/// <summary>Reads what apt's index says of packages.</summary>
public static class PackageDescriptions
{
    /// <summary>Where Debian and Ubuntu keep the index.</summary>
    public const string DefaultFolder = "/var/lib/apt/lists";

    /// <summary>What to tell a user whose system has none.</summary>
    public const string HowToGet =
        """
        No package descriptions were found. On Debian or Ubuntu fetch apt's index with its English translations first:
            sudo apt-get update -o Acquire::Languages=en
        Elsewhere pass a Translation-en file (plain, .gz or .lz4) with --descriptions, or go without: --no-descriptions.
        """;

    private const string Field = "Description-en:";

    /// <summary>Reads translation files and folders of them, files of a folder in the order of their names; what does not exist is
    /// passed over.</summary>
    /// <exception cref="NotSupportedException">A file is packed in another way than .gz or .lz4.</exception>
    /// <exception cref="InvalidDataException">A packed file is damaged.</exception>
    public static IReadOnlyList<PackageDescription> Read(IEnumerable<string> filesOrFolders) =>
        [.. filesOrFolders.SelectMany(Files).SelectMany(file => Parse(Content(file)))];

    private static IEnumerable<string> Files(string fileOrFolder)
    {
        if (!Directory.Exists(fileOrFolder))
            return File.Exists(fileOrFolder) ? [fileOrFolder] : [];
        return Directory.EnumerateFiles(fileOrFolder, "*_Translation-en*").Order(StringComparer.Ordinal);
    }

    private static string Content(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        return Encoding.UTF8.GetString(Path.GetExtension(file) switch
        {
            ".lz4" => Lz4Frame.Decompress(bytes),
            ".gz" => Unzip(bytes),
            ".xz" or ".bz2" => throw new NotSupportedException($"{file}: unpack it first; plain files, .gz and .lz4 can be read."),
            _ => bytes,
        });
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using GZipStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }

    // Stanzas are separated by empty lines; a description's first line is the short one, the lines below it begin with a
    // space, and " ." stands for an empty line between paragraphs.
    private static IEnumerable<PackageDescription> Parse(string content)
    {
        string? title = null;
        StringBuilder body = new();
        foreach (string line in content.Split('\n').Append(""))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
            {
                title = line[Field.Length..].Trim();
                body.Clear();
            }
            else if (title is not null && line.StartsWith(' '))
            {
                body.Append(line is " ." ? "" : line);
            }
            else if (title is not null)
            {
                yield return new PackageDescription(title, body.ToString());
                title = null;
            }
        }
    }
}
