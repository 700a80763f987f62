// A disk that has room for so many bytes and no more.
namespace Microsoft.ML.Ternary.Tests.Estimators;

internal sealed class FullDisk(int capacity) : MemoryStream
{
    public const string Message = "No space left on device";

    // MemoryStream's other ways to write come through here in a derived class.
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (Position + count > capacity)
            throw new IOException(Message);
        base.Write(buffer, offset, count);
    }
}
