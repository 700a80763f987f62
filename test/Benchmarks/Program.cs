// Measures this library beside its peers, in one run on one machine: see docs/performance.md.
using System.CommandLine;
using Benchmarks;

return await CommandLine.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });
