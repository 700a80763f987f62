// How a failed allocation shows: .NET's own exception, or libtorch's, which TorchSharp hands on as one of many with nothing but a text.
using System.Runtime.InteropServices;

namespace Microsoft.ML.Ternary.Distillation;

internal static class MemoryShortage
{
    // c10's allocators on Linux and on Windows, CUDA's caching allocator, CUDA itself, and cuBLAS.
    private static readonly string[] Messages =
        ["can't allocate memory", "not enough memory", "CUDA out of memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED"];

    /// <summary>Whether memory that could not be had is what <paramref name="failure"/> is about.</summary>
    public static bool Caused(Exception failure)
    {
        for (Exception? e = failure; e is not null; e = e.InnerException)
        {
            if (e is OutOfMemoryException || (e is ExternalException && Messages.Any(message => e.Message.Contains(message, StringComparison.OrdinalIgnoreCase))))
                return true;
        }
        return false;
    }
}
