// The one failure of a device that the encoder answers by itself: with smaller batches.
namespace Microsoft.ML.Ternary.Kernels.Gpu;

/// <summary>The device has no room for a buffer.</summary>
public sealed class GpuOutOfMemoryException(string message, Exception? cause = null) : Exception(message, cause);
