// Tables and pictures as a document is made of them.
using Samples.Common;

namespace Benchmarks.Ann.Results;

/// <summary>Writes tables as Markdown.</summary>
internal static class MarkdownFile
{
    /// <summary>Writes tables, and pictures by names relative to the file.</summary>
    public static void Write(string path, IEnumerable<ReportTable> tables, IEnumerable<(string Title, string Path)> pictures)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        IEnumerable<string> images = pictures.SelectMany(picture => new[] { $"![{picture.Title}]({Path.GetRelativePath(folder, picture.Path).Replace('\\', '/')})", "" });
        WholeFile.WriteLines(path, [.. images, .. tables.SelectMany(table => table.Markdown())]);
    }
}
