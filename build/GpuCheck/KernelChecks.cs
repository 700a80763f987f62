// Runs the kernels' own tests where there is no test runner: every test of the class for each device, with each line of its data.
using System.Reflection;
using Microsoft.ML.Ternary.Kernels.Gpu;
using Microsoft.ML.Ternary.Kernels.Tests.Gpu;

namespace Microsoft.ML.Ternary.GpuCheck;

internal static class KernelChecks
{
    private const string SkipMark = "$XunitDynamicSkip$";

    /// <returns>The number of tests that failed.</returns>
    public static int Run(IReadOnlyList<GpuDeviceInfo> devices)
    {
        int failures = RunClass(typeof(MmaFragmentsTests), "the layout of mma.m16n8k32");
        foreach (GpuDeviceKind kind in devices.Select(device => device.Kind).Distinct())
        {
            Type tests = kind switch
            {
                GpuDeviceKind.Cuda => typeof(CudaGpuKernelTests),
                GpuDeviceKind.OpenCL => typeof(OpenCLGpuKernelTests),
                GpuDeviceKind.OpenCLProcessor => typeof(OpenCLProcessorGpuKernelTests),
                _ => typeof(EmulatedGpuKernelTests),
            };
            failures += RunClass(tests, $"kernels on {devices.First(device => device.Kind == kind)}");
        }
        return failures;
    }

    private static int RunClass(Type type, string what)
    {
        int passed = 0, failed = 0, skipped = 0;
        foreach (MethodInfo method in type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute), inherit: true)))
        {
            object?[][] rows = [.. method.GetCustomAttributes<InlineDataAttribute>().Select(data => data.Data!)];
            foreach (object?[] row in rows.Length == 0 ? [[]] : rows)
            {
                Exception? error = Outcome(type, method, row);
                if (error is null)
                    passed++;
                else if (error.Message.StartsWith(SkipMark, StringComparison.Ordinal))
                    skipped++;
                else
                {
                    failed++;
                    Console.WriteLine($"FAILED: {type.Name}.{method.Name}({string.Join(", ", row)}): {error.Message}");
                }
            }
        }
        Console.WriteLine($"{what}: {passed} passed, {failed} failed, {skipped} skipped");
        return failed;
    }

    private static Exception? Outcome(Type type, MethodInfo method, object?[] row)
    {
        try
        {
            object? instance = Activator.CreateInstance(type);
            method.Invoke(instance, row);
            return null;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            return e.InnerException;
        }
    }
}
