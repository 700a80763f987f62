// A folder for one test, gone after it; and copies of checkpoint folders that a test may damage.
using System.Text.Json.Nodes;

namespace Microsoft.ML.Ternary.Tests;

/// <summary>A temporary folder.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ternary-test-");

    public string Path => _folder.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A copy of a tiny model, to be changed.</summary>
    public static TestFolder CopyOf(string tiny)
    {
        TestFolder copy = new();
        string source = TestPaths.Tiny(tiny);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = copy.File(System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            System.IO.File.Copy(file, target);
        }
        return copy;
    }

    /// <summary>Changes a JSON object in the folder.</summary>
    public void Edit(string name, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(System.IO.File.ReadAllText(File(name)))!.AsObject();
        change(json);
        System.IO.File.WriteAllText(File(name), json.ToJsonString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
