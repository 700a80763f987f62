// What the build itself runs: "publicize OUTPUT-FOLDER ASSEMBLY..." and "fix-libstdcxx LIBRARY...".
using BuildTools;

switch (args)
{
    case ["publicize", var outputFolder, .. var assemblies] when assemblies.Length > 0:
        Directory.CreateDirectory(outputFolder);
        foreach (string assembly in assemblies)
            Publicizer.Publicize(assembly, outputFolder);
        return 0;
    case ["fix-libstdcxx", .. var libraries] when libraries.Length > 0:
        if (LibStdCxx.HasVersion(LibStdCxxNeed.MissingVersion))
            return 0;
        foreach (string library in libraries)
        {
            if (File.Exists(library))
                Console.WriteLine($"{library}: {LibStdCxxNeed.Relax(library)}");
        }
        return 0;
    default:
        Console.Error.WriteLine("usage: BuildTools publicize OUTPUT-FOLDER ASSEMBLY... | fix-libstdcxx LIBRARY...");
        return 2;
}
