// The bytes are those of the examples in the format's own description (https://protobuf.dev/programming-guides/encoding), or counted by hand.
using Benchmarks.Onnx;

namespace Benchmarks.Tests;

public class ProtobufWriterTests
{
    [Fact]
    public void An_integer_is_a_tag_and_a_varint() =>
        Assert.Equal("089601", Hex(new ProtobufWriter().Integer(1, 150)));

    [Fact]
    public void A_negative_integer_takes_ten_bytes() =>
        Assert.Equal("08FFFFFFFFFFFFFFFFFF01", Hex(new ProtobufWriter().Integer(1, -1)));

    [Fact]
    public void A_field_number_above_15_takes_two_bytes() =>
        Assert.Equal("A00102", Hex(new ProtobufWriter().Integer(20, 2)));

    [Fact]
    public void A_string_is_a_tag_a_length_and_its_bytes() =>
        Assert.Equal("120774657374696E67", Hex(new ProtobufWriter().Text(2, "testing")));

    [Fact]
    public void A_float_is_a_tag_and_four_bytes() =>
        Assert.Equal("150000C03F", Hex(new ProtobufWriter().Single(2, 1.5f)));

    [Fact]
    public void A_message_inside_another_is_written_as_bytes() =>
        Assert.Equal("1A03089601", Hex(new ProtobufWriter().Message(3, new ProtobufWriter().Integer(1, 150))));

    private static string Hex(ProtobufWriter message) => Convert.ToHexString(message.Written);
}
