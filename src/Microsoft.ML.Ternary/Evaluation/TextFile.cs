// Task files are read line by line, and whatever is wrong with one is reported with the file, the line and what was expected.
using System.Text;

namespace Microsoft.ML.Ternary.Evaluation;

/// <summary>Lines of UTF-8 text files.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines that are not empty, with their numbers from 1.</summary>
    /// <exception cref="InvalidDataException">The file is not UTF-8.</exception>
    public static IEnumerable<(int Number, string Text)> ReadLines(string path)
    {
        using StreamReader reader = new(path, Strict);
        for (int number = 1; ReadLine(reader, path, number) is string line; number++)
        {
            if (line.Length > 0)
                yield return (number, line);
        }
    }

    /// <summary>The whole text.</summary>
    /// <exception cref="InvalidDataException">The file is not UTF-8.</exception>
    public static string ReadAll(string path)
    {
        try
        {
            return File.ReadAllText(path, Strict);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path} is not UTF-8 text: {e.Message}", e);
        }
    }

    /// <summary>The exception that names a line of a file.</summary>
    public static InvalidDataException Wrong(string path, int line, string problem, Exception? cause = null) =>
        new($"{path}, line {line}: {problem}", cause);

    private static string? ReadLine(StreamReader reader, string path, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw Wrong(path, number, $"the file is not UTF-8 text from here on or shortly after: {e.Message}", e);
        }
    }
}
