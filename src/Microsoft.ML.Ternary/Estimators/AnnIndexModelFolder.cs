// Where a model is being saved to or loaded from. ML.NET opens the file and hands its components an archive only; the file is found
// again through that archive. A test saves and loads, and so tells if a later .NET names the archive's stream differently.
using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Ternary;

internal static class AnnIndexModelFolder
{
    /// <summary>The file that a model is saved to or loaded from; null if it is no file, but some other stream.</summary>
    public static string? ModelFile(Repository? repository)
    {
        ZipArchive? archive = repository switch
        {
            RepositoryWriter writer => writer._archive,
            RepositoryReader reader => reader._archive,
            _ => null,
        };
        // A stream made of a handle does not know its file.
        return archive is not null && StreamOf(archive) is FileStream file && Path.IsPathFullyQualified(file.Name) ? file.Name : null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archiveStream")]
    private static extern ref Stream StreamOf(ZipArchive archive);
}
