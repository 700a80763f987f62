// Agreement of models whose vectors stand in the test.
using Microsoft.ML.Ternary.Evaluation;

namespace Microsoft.ML.Ternary.Tests.Evaluation;

public class TeacherAgreementTests
{
    private static readonly string[] Texts = ["a", "b", "c", "d"];

    // Nearest of a, b, c, d: b, a, d, c.
    private static readonly TableEmbedder Teacher = new(new() { ["a"] = [1, 0], ["b"] = [4, 1], ["c"] = [1, 4], ["d"] = [0, 1] });

    [Fact]
    public void ATeacherAgreesWithItself()
    {
        TeacherAgreement agreement = TeacherAgreement.Measure(Teacher, Teacher, Texts);
        Assert.Equal(1, agreement.CosineMean!.Value, 6);
        Assert.Equal(1, agreement.CosineP5!.Value, 6);
        Assert.Equal(1, agreement.NeighborOverlap);
    }

    [Fact]
    public void ChangedVectorsShowInCosinesAndNeighbors()
    {
        // a is turned to d's place: cosines 0, 1, 1, 1. Nearest of a, b, c, d: d, c, d, a; c's alone is the teacher's.
        TableEmbedder student = new(new() { ["a"] = [0, 2], ["b"] = [4, 1], ["c"] = [1, 4], ["d"] = [0, 1] });
        TeacherAgreement agreement = TeacherAgreement.Measure(student, Teacher, [.. Texts, "a", "b"], neighbors: 1);
        Assert.Equal(0.75, agreement.CosineMean!.Value, 6);
        Assert.Equal(0.15, agreement.CosineP5!.Value, 6);
        Assert.Equal(0, agreement.NeighborOverlap);
    }

    [Fact]
    public void ModelsOfOtherDimensionHaveNeighborsOnly()
    {
        TableEmbedder student = new(new() { ["a"] = [1, 0, 0], ["b"] = [4, 1, 0], ["c"] = [1, 4, 0], ["d"] = [0, 1, 0] });
        Assert.Equal(new TeacherAgreement(null, null, 1), TeacherAgreement.Measure(student, Teacher, Texts, neighbors: 1));
    }

    [Fact]
    public void BadInputIsRefused()
    {
        Assert.Throws<ArgumentException>(() => TeacherAgreement.Measure(Teacher, Teacher, ["a", "a"]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TeacherAgreement.Measure(Teacher, Teacher, Texts, neighbors: 0));
        Assert.Throws<ArgumentNullException>(() => TeacherAgreement.Measure(null!, Teacher, Texts));
        Assert.ThrowsAny<OperationCanceledException>(() => TeacherAgreement.Measure(Teacher, Teacher, Texts, cancellation: new CancellationToken(true)));
    }

    [Fact]
    public void SharesAreOfTheTeacherAndOfWhatItsEncoderAdds()
    {
        Assert.Equal(0.9, Retention.OfTeacher(0.72, 0.8)!.Value, 12);
        Assert.Null(Retention.OfTeacher(0.1, 0));
        Assert.Equal(0.75, Retention.OfEncoder(0.7, 0.4, 0.8)!.Value, 12);
        Assert.Equal(-0.25, Retention.OfEncoder(0.3, 0.4, 0.8)!.Value, 12);
        Assert.Null(Retention.OfEncoder(0.3, 0.8, 0.8));
    }
}
