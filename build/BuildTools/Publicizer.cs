// ML.NET keeps what an extension needs (LoadableClass, ModelLoadContext, the transformer base classes' constructors)
// internal. The compiler is shown copies of its assemblies in which those members are public; the copies are never
// shipped. At run time the extension's IgnoresAccessChecksTo attributes make the original assemblies answer.
using Mono.Cecil;

namespace BuildTools;

internal static class Publicizer
{
    public static void Publicize(string assemblyPath, string outputFolder)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(assemblyPath));
        using ModuleDefinition module = ModuleDefinition.ReadModule(assemblyPath, new ReaderParameters { AssemblyResolver = resolver });
        foreach (TypeDefinition type in module.GetTypes())
        {
            OpenType(type);
            foreach (MethodDefinition method in type.Methods)
                OpenMethod(method);
            // An event's backing field bears the event's name; making both public would make every use ambiguous.
            HashSet<string> events = type.Events.Select(e => e.Name).ToHashSet();
            foreach (FieldDefinition field in type.Fields)
            {
                if (!events.Contains(field.Name))
                    OpenField(field);
            }
        }

        string target = Path.Combine(outputFolder, Path.GetFileName(assemblyPath));
        string temporary = target + "." + Environment.ProcessId + ".tmp";
        module.Write(temporary);
        File.Move(temporary, target, overwrite: true);
    }

    private static void OpenType(TypeDefinition type)
    {
        if (type.IsNestedFamilyAndAssembly)
            type.IsNestedFamily = true;
        else if (type.IsNested)
            type.IsNestedPublic = true;
        else
            type.IsPublic = true;
    }

    // "private protected" becomes "protected", so that overriding members still match; everything else becomes public,
    // except what is protected already and explicit interface implementations.
    private static void OpenMethod(MethodDefinition method)
    {
        bool explicitImplementation = method.IsPrivate && method.IsVirtual && method.HasOverrides;
        if (explicitImplementation)
            return;
        if (method.IsFamilyAndAssembly)
            method.IsFamily = true;
        else if (!method.IsFamily && !method.IsFamilyOrAssembly)
            method.IsPublic = true;
    }

    private static void OpenField(FieldDefinition field)
    {
        if (field.IsFamilyAndAssembly)
            field.IsFamily = true;
        else if (!field.IsFamily)
            field.IsPublic = true;
    }
}
