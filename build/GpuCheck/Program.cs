// Says on a machine with a GPU whether the kernels are right there and how fast they encode, beside whatever else the machine has
// to compare with. usage: gpu-check [--no-benchmark] [--seconds S] [--model NAME,…] [--shape 1x16,…]
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.ML.Ternary.GpuCheck;
using Microsoft.ML.Ternary.Kernels.Gpu;

// ILGPU writes there, and only there, what the driver's assembler says of a kernel that it refuses.
Trace.Listeners.Add(new ConsoleTraceListener());

CheckOptions options;
try
{
    options = CheckOptions.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"{e.Message}\n{CheckOptions.Usage}");
    return 2;
}
IReadOnlyList<GpuDeviceInfo> devices = GpuDevices.ListAll();
Console.WriteLine($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors");
foreach (GpuDeviceInfo device in devices)
    Console.WriteLine($"found: {device}");
if (GpuDevices.List().Count == 0)
    Console.WriteLine($"No GPU. {GpuDevices.DescribeObstacles()}");

int failures = KernelChecks.Run(devices);
failures += EncoderChecks.Run(devices);
if (options.Benchmark)
    failures += EncodeBenchmark.Run(options, GpuDevices.List());
Console.WriteLine(failures == 0 ? "All checks passed." : $"{failures} checks FAILED.");
return failures == 0 ? 0 : 1;
