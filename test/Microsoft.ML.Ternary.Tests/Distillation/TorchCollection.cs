// libtorch's number of threads belongs to the process, so tests that use it do not run beside one another.
namespace Microsoft.ML.Ternary.Tests.Distillation;

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchCollection
{
    public const string Name = "libtorch";
}
