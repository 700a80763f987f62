// The sums over codes: right on rows that can be checked by hand, and the same number from every implementation this machine has.
using FsCheck.Xunit;
using Microsoft.ML.Ternary.Ann;

namespace Microsoft.ML.Ternary.Tests.Ann.Codecs;

public sealed unsafe class CodeProductsTests
{
    private delegate int Product(sbyte* query, byte* row, int bytes, int sum);

    public static TheoryData<int> Dimensions => [1, 3, 32, 100, 127, 128, 129, 256, 300, 384, 784, 1500];

    private static List<Implementation> Implementations
    {
        get
        {
            List<Implementation> supported = [];
            AddIfSupported<ScalarCodeProducts>(supported);
            AddIfSupported<VectorCodeProducts<PortableByteProducts>>(supported);
            AddIfSupported<VectorCodeProducts<Avx2ByteProducts>>(supported);
            AddIfSupported<VectorCodeProducts<VnniByteProducts>>(supported);
            return supported;
        }
    }

    // Three components: 2 x 5 - 3 x 7 + 1 x (-4), and with int8 codes 2 x 100 - 3 x (-127) + 1 x (-4).
    [Fact]
    public void SumsAreRightOnAnExampleByHand()
    {
        int[] query = [2, -3, 1];
        Assert.All(Implementations, products =>
        {
            Assert.Equal((2 * 100) + (-3 * -127) + (1 * -4), Sum<Int8Code>(query, [100, -127, -4], products.Int8));
            Assert.Equal(2 + 3, Sum<TernaryCode>(query, [1, -1, 0], products.Ternary));
            Assert.Equal(2 + 3 + 1, Sum<BinaryCode>(query, [1, -1, 1], products.Binary));
        });
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public void SumsAreExactAtTheLargestComponentsAndCodes(int dimension)
    {
        int[] largest = [.. Enumerable.Repeat(127, dimension)], smallest = [.. Enumerable.Repeat(-127, dimension)];
        int[] ones = [.. Enumerable.Repeat(1, dimension)], minusOnes = [.. Enumerable.Repeat(-1, dimension)];
        foreach (int[] query in (int[][])[largest, smallest])
        {
            Assert.All(Implementations, products =>
            {
                Assert.Equal(query.Sum() * 127, Sum<Int8Code>(query, largest, products.Int8));
                Assert.Equal(query.Sum() * -127, Sum<Int8Code>(query, smallest, products.Int8));
                Assert.Equal(query.Sum(), Sum<TernaryCode>(query, ones, products.Ternary));
                Assert.Equal(-query.Sum(), Sum<TernaryCode>(query, minusOnes, products.Ternary));
                Assert.Equal(query.Sum(), Sum<BinaryCode>(query, ones, products.Binary));
                Assert.Equal(-query.Sum(), Sum<BinaryCode>(query, minusOnes, products.Binary));
            });
        }
    }

    [Property(MaxTest = 100)]
    public void SumsAreThoseOfTheNumbers(ushort size, int seed)
    {
        Random random = new(seed);
        int dimension = 1 + size % 1600;
        int[] query = Numbers(random, dimension, 127), bytes = Numbers(random, dimension, 127), trits = Numbers(random, dimension, 1);
        int[] signs = Array.ConvertAll(bytes, b => b < 0 ? -1 : 1);
        Assert.All(Implementations, products =>
        {
            Assert.Equal(query.Zip(bytes, (a, b) => a * b).Sum(), Sum<Int8Code>(query, bytes, products.Int8));
            Assert.Equal(query.Zip(trits, (a, b) => a * b).Sum(), Sum<TernaryCode>(query, trits, products.Ternary));
            Assert.Equal(query.Zip(signs, (a, b) => a * b).Sum(), Sum<BinaryCode>(query, signs, products.Binary));
        });
    }

    private static void AddIfSupported<TProducts>(List<Implementation> supported) where TProducts : struct, ICodeProducts
    {
        if (TProducts.IsSupported)
            supported.Add(new Implementation(TProducts.Int8, TProducts.Ternary, TProducts.Binary));
    }

    private static int[] Numbers(Random random, int count, int largest) => [.. Enumerable.Range(0, count).Select(_ => random.Next(-largest, largest + 1))];

    private static int Sum<TCode>(int[] query, int[] codes, Product product) where TCode : struct, ICodeFormat
    {
        CodeLayout layout = new(query.Length, TCode.Fields);
        byte[] unpacked = new byte[layout.Length], row = new byte[layout.CodeBytes];
        sbyte[] spread = new sbyte[layout.QueryBytes];
        for (int i = 0; i < query.Length; i++)
        {
            spread[i] = (sbyte)query[i];
            unpacked[i] = (byte)Enumerable.Range(0, 256).First(code => TCode.Value((byte)code) == codes[i]);
        }
        fixed (byte* from = unpacked, to = row)
        fixed (sbyte* prepared = spread)
        {
            layout.Pack(from, to);
            layout.Spread(prepared);
            return product(prepared, to, layout.CodeBytes, query.Sum());
        }
    }

    private sealed record Implementation(Product Int8, Product Ternary, Product Binary);
}
