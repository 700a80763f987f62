using Microsoft.ML.Ternary.Distillation;

namespace Microsoft.ML.Ternary.Tests.Distillation;

[Collection(TorchCollection.Name)]
public class HeldOutComparisonTests
{
    [Theory]
    [InlineData(MatrixPrecision.Float32)]
    [InlineData(MatrixPrecision.BFloat16)]
    public void TheStudentIsComparedWithTheTeacherInFloat32WhateverItIsTrainedIn(MatrixPrecision precision)
    {
        string[] texts = [.. TinyDistillation.Corpus.Take(20)];
        DistillationOptions options = new() { Steps = 1, Precision = precision, HeldOut = texts };
        using var run = new DistillationRun(TinyDistillation.Teacher, () => TinyDistillation.Corpus, options, null, TestContext.Current.CancellationToken);
        using var teacher = new TorchTextEncoder(TinyDistillation.Teacher);
        var expected = new float[texts.Length * teacher.Dimension];
        teacher.Embed(texts, expected, TestContext.Current.CancellationToken);
        Assert.Equal(expected, run.HeldOut.TeacherEmbeddings.ToArray());
    }
}
