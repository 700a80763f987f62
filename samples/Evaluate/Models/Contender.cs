// A row of the tables before it is opened: a hundred models may be named, one at a time is in memory.
namespace Samples.Evaluate.Models;

/// <summary>A model to be evaluated.</summary>
/// <param name="Name">What tables and files call it.</param>
/// <param name="Source">What messages call it: the file or folder, or what it is made of.</param>
/// <param name="Open">Loads or makes it, to run on so many threads.</param>
internal sealed record Contender(string Name, string Source, Func<int, IOpenModel> Open);
