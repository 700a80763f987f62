// Files appear whole or not at all: they are written beside their place and then renamed.
using System.Text;

namespace Samples.Common;

/// <summary>Writes files that are never seen half-written.</summary>
public static class WholeFile
{
    /// <summary>Writes lines in UTF-8, each ended by a line feed, replacing <paramref name="path"/> once all are written.</summary>
    public static void WriteLines(string path, IEnumerable<string> lines)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (StreamWriter writer = new(temporary, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" })
            {
                foreach (string line in lines)
                    writer.WriteLine(line);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
