// What a whole process allocates can only be told while no other test runs.
namespace Microsoft.ML.Ternary.Tests;

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
