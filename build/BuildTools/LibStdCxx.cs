// Tells whether the system's C++ runtime is new enough for TorchSharp's native library.
namespace BuildTools;

internal static class LibStdCxx
{
    private static readonly string[] Folders =
        ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"];

    /// <summary>True where no fix is needed: the system is not Linux, has no libstdc++ in a usual place, or has the version.</summary>
    public static bool HasVersion(string version)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        string? library = Folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
        if (library is null)
            return true;
        byte[] name = [.. System.Text.Encoding.ASCII.GetBytes(version), 0];
        return File.ReadAllBytes(library).AsSpan().IndexOf(name) >= 0;
    }
}
