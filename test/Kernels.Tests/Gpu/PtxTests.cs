// What the kernels become on CUDA devices, read from the PTX that ILGPU makes without one: the instructions meant are there, and
// the plain forms have none of them.
using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

public class PtxTests
{
    private const string Mma = "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32";

    public static TheoryData<string> Kernels => [.. All().Keys];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void EveryKernelBecomesPtxForTheOldestAndTheNewestArchitectureMeant(string kernel)
    {
        foreach (string target in new[] { "sm_61", "sm_80", "sm_90" })
        {
            if (target == "sm_61" && kernel.EndsWith(", tensor cores"))
                continue;
            string ptx = Compile(kernel, target);
            Assert.Contains(".visible .entry", ptx);
            Assert.Contains("ret;", ptx);
        }
    }

    // Results of inline PTX go through local memory, once, when the sums are complete; the loop over the inputs must not.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void NoKernelUsesLocalMemoryWhileItMultiplies(string kernel)
    {
        string ptx = Compile(kernel, "sm_80");
        Assert.DoesNotContain("call", ptx);
        string instruction = kernel.EndsWith(", tensor cores") ? Mma : kernel.EndsWith(", dp4a") ? "dp4a.s32.s32" : "";
        if (instruction != "")
            ptx = ptx[ptx.IndexOf(instruction, StringComparison.Ordinal)..ptx.LastIndexOf(instruction, StringComparison.Ordinal)];
        Assert.DoesNotContain(".local", ptx);
    }

    [Theory]
    [InlineData("ternary")]
    [InlineData("two digits")]
    public void TheTensorCoreFormMultipliesOnTensorCoresFromSharedMemory(string weights)
    {
        string ptx = Compile(weights + ", tensor cores", "sm_80");

        // 2 x 8 tiles in each of two halves of a block.
        Assert.Equal(32, Count(ptx, Mma));
        Assert.Equal(1, Count(ptx, ".reg .b32 sum<64>;"));
        Assert.Equal(2, Count(ptx, "{sum60,sum61,sum62,sum63};"));
        Assert.Contains("ld.shared", ptx);
        Assert.Contains("st.shared", ptx);
        Assert.Contains("bar.sync", ptx);
        Assert.DoesNotContain("dp4a", ptx);
    }

    [Theory]
    [InlineData("ternary")]
    [InlineData("two digits")]
    public void TheDp4aFormMultipliesFourAtATime(string weights)
    {
        string ptx = Compile(weights + ", dp4a", "sm_61");

        // Four words of activations for each of eight tokens.
        Assert.Equal(32, Count(ptx, "dp4a.s32.s32"));
        Assert.DoesNotContain(Mma, ptx);
    }

    [Fact]
    public void ThePlainFormsHaveNoInlinePtx()
    {
        foreach (string kernel in All().Keys.Where(kernel => !kernel.EndsWith(", tensor cores") && !kernel.EndsWith(", dp4a")))
        {
            string ptx = Compile(kernel, "sm_80");
            Assert.DoesNotContain("mma.", ptx);
            Assert.DoesNotContain("dp4a", ptx);
        }
    }

    [Fact]
    public void WhatGroupsShareGoesThroughSharedMemory()
    {
        foreach (string kernel in new[] { "ternary, plain", "two digits, plain", "dense", "attention", "embed", "add and normalise", "quantise", "finish" })
        {
            string ptx = Compile(kernel, "sm_80");
            Assert.Contains("ld.shared", ptx);
            Assert.Contains("st.shared", ptx);
            Assert.Contains("bar.sync", ptx);
        }
    }

    private static Dictionary<string, Delegate> All() => new()
    {
        ["ternary, tensor cores"] = TernaryMmaKernel.Run<TensorCoreMma, OneDigitCodes>,
        ["ternary, dp4a"] = TernaryDotKernel.Run<Dp4aSums, OneDigitCodes>,
        ["ternary, plain"] = TernaryDotKernel.Run<PlainSums, OneDigitCodes>,
        ["two digits, tensor cores"] = TernaryMmaKernel.Run<TensorCoreMma, TwoDigitCodes>,
        ["two digits, dp4a"] = TernaryDotKernel.Run<Dp4aSums, TwoDigitCodes>,
        ["two digits, plain"] = TernaryDotKernel.Run<PlainSums, TwoDigitCodes>,
        ["dense"] = DenseKernel.Run,
        ["attention"] = AttentionKernel.Run,
        ["embed"] = RowKernels.Embed,
        ["add and normalise"] = RowKernels.AddNormalize,
        ["quantise"] = RowKernels.Quantize,
        ["pool"] = PoolingKernels.Pool,
        ["finish"] = PoolingKernels.Finish,
    };

    private static string Compile(string kernel, string target)
    {
        (CudaArchitecture architecture, CudaInstructionSet instructions) = target switch
        {
            "sm_61" => (CudaArchitecture.SM_61, CudaInstructionSet.ISA_60),
            "sm_80" => (CudaArchitecture.SM_80, CudaInstructionSet.ISA_70),
            _ => (CudaArchitecture.SM_90, CudaInstructionSet.ISA_78),
        };
        using Context context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using PTXBackend backend = new(context, architecture, instructions, null!);
        MethodInfo method = All()[kernel].Method;
        PTXCompiledKernel compiled = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(method), KernelSpecialization.Empty);
        string? folder = Environment.GetEnvironmentVariable("TERNARY_PTX_FOLDER");
        if (folder is not null)
            File.WriteAllText(Path.Combine(folder, $"{kernel.Replace(", ", "-").Replace(' ', '-')}.{target}.ptx"), compiled.PTXAssembly);
        return compiled.PTXAssembly;
    }

    private static int Count(string text, string part) => (text.Length - text.Replace(part, "").Length) / part.Length;
}
