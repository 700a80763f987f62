// apt's stanzas, with their odd lines.
using Samples.Common.Corpus;

namespace Samples.Tests;

public sealed class PackageDescriptionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void AStanzaIsATitleAndItsParagraphsJoined()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "host_Translation-en"),
            "Package: a\nDescription-md5: 0\nDescription-en: does one thing\n First line\n goes on.\n .\n Second paragraph.\n\nPackage: b\nDescription-en: title only\n");
        Assert.Equal(
            [new PackageDescription("does one thing", " First line goes on. Second paragraph."), new PackageDescription("title only", "")],
            PackageDescriptions.Read([_folder.FullName]));
    }

    [Fact]
    public void WhatDoesNotExistHasNoDescriptions() =>
        Assert.Empty(PackageDescriptions.Read([Path.Combine(_folder.FullName, "absent")]));
}
