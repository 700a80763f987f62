// What of linear layers on a device is decided without one.
using ILGPU.Runtime.OpenCL;
using Microsoft.ML.Ternary.Kernels.Gpu;

namespace Microsoft.ML.Ternary.Kernels.Tests.Gpu;

public class GpuLinearTests
{
    [Theory]
    [InlineData(GpuTernaryForm.TensorCore, 24, GpuTernaryForm.TensorCore, GpuTernaryForm.Dp4a, GpuTernaryForm.Plain)]
    [InlineData(GpuTernaryForm.Dp4a, 23, GpuTernaryForm.TensorCore, GpuTernaryForm.Dp4a, GpuTernaryForm.Plain)]
    [InlineData(GpuTernaryForm.Plain, 23, GpuTernaryForm.TensorCore, GpuTernaryForm.Plain)]
    [InlineData(GpuTernaryForm.TensorCore, 1, GpuTernaryForm.TensorCore)]
    [InlineData(GpuTernaryForm.Dp4a, 24, GpuTernaryForm.Dp4a, GpuTernaryForm.Plain)]
    [InlineData(GpuTernaryForm.Plain, 1, GpuTernaryForm.Plain)]
    public void OnlyFormsThatWorkAreChosenAndTensorCoresOnlyForEnoughTokens(GpuTernaryForm expected, int rows, params GpuTernaryForm[] forms) =>
        Assert.Equal(expected, GpuTernaryLinear.FormFor(forms, rows));

    [Theory]
    [InlineData(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE, true)]
    [InlineData(CLError.CL_OUT_OF_RESOURCES, true)]
    [InlineData(CLError.CL_OUT_OF_HOST_MEMORY, true)]
    [InlineData(CLError.CL_INVALID_BUFFER_SIZE, true)]
    [InlineData(CLError.CL_INVALID_KERNEL, false)]
    public void WhatOpenCLSaysWhereThereIsNoRoomIsToldFromOtherErrors(CLError error, bool noRoom) =>
        Assert.Equal(noRoom, GpuDevice.IsOutOfMemory(new CLException(error)));
}
