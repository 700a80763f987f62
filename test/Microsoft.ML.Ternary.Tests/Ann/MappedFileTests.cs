// Mapped memory is the one part of an index whose lifetime the garbage collector does not settle alone.
using System.Runtime.CompilerServices;
using Microsoft.ML.Ternary.Ann;
using Microsoft.ML.Ternary.Tests.Estimators;

namespace Microsoft.ML.Ternary.Tests.Ann;

public sealed unsafe class MappedFileTests
{
    [Fact]
    public void AMappingShowsTheFile()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        using MappedFile file = Map(folder.File("a"), bytes);
        MappedBlock block = new(file, 64, 100);

        Assert.Equal(bytes[64..164], new ReadOnlySpan<byte>(block.Pointer, 100).ToArray());
        byte[] read = new byte[300];
        Assert.Equal(200, file.Read(0, read));
        Assert.Equal(bytes, read[..200]);
    }

    [Fact]
    public void AResizedBlockIsACopyInMemoryOfItsOwn()
    {
        using TemporaryFolder folder = new();
        MappedFile file = Map(folder.File("a"), [.. Enumerable.Range(0, 200).Select(i => (byte)i)]);
        AlignedBuffer copy = new MappedBlock(file, 64, 100).Resize(150);
        file.Dispose();

        Assert.Equal(150, copy.Length);
        Assert.Equal(Enumerable.Range(64, 100).Select(i => (byte)i), new ReadOnlySpan<byte>(copy.Pointer, 100).ToArray());
    }

    [Fact]
    public void MemoryStaysWhileItHasAUserThoughTheFileWasDisposed()
    {
        using TemporaryFolder folder = new();
        MappedFile file = Map(folder.File("a"), [1, 2, 3]);
        file.AddUser();
        file.Dispose();

        Assert.Equal(2, file.Pointer[1]);
        file.RemoveUser();
        Assert.Throws<ObjectDisposedException>(file.AddUser);
    }

    [Fact]
    public void AFileThatNobodyHoldsAnyMoreIsUnmapped()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc/self/maps.");
        using TemporaryFolder folder = new();
        MapAndForget(folder.File("forgotten"));
        for (int i = 0; i < 20 && IsMapped("forgotten"); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(IsMapped("forgotten"));
    }

    // A method of its own, so that no local of the test keeps the file.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MapAndForget(string path)
    {
        Assert.Equal(7, Map(path, [7]).Pointer[0]);
        Assert.True(IsMapped(Path.GetFileName(path)));
    }

    private static bool IsMapped(string name) => File.ReadAllText("/proc/self/maps").Contains($"/{name}");

    private static MappedFile Map(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        return new MappedFile(File.OpenHandle(path));
    }
}
