// Both data sets are tab-separated, gzip, UTF-8, with the columns named in the first line: one reader for them.
using System.IO.Compression;
using System.Text;

namespace Samples.Common;

internal static class TabSeparatedFile
{
    /// <summary>The rows below the header, each split at tabs.</summary>
    /// <exception cref="InvalidDataException">The header is not <paramref name="header"/>, or a row has another number of columns.</exception>
    public static IEnumerable<string[]> Read(string path, string header)
    {
        using FileStream file = File.OpenRead(path);
        using GZipStream unzipped = new(file, CompressionMode.Decompress);
        using StreamReader reader = new(unzipped, Encoding.UTF8);
        string? found = reader.ReadLine();
        if (found != header)
            throw new InvalidDataException($"{path} begins with '{found}', expected the columns '{header}'.");
        int columns = header.Split('\t').Length;
        for (int line = 2; reader.ReadLine() is string text; line++)
        {
            string[] row = text.Split('\t');
            if (row.Length != columns)
                throw new InvalidDataException($"{path}, line {line} has {row.Length} columns, expected {columns}.");
            yield return row;
        }
    }
}
