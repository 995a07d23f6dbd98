using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// Computes <see cref="Numerics.CounterRandom.Normals(RandomKey, Span{float})"/> with operators of a graph. The words of the hash are the same bit for bit.
/// The normal numbers that Box–Muller computes from them are the same up to the rounding of the operators.
/// </summary>
/// <remarks>
/// <para>
/// ONNX has exclusive-or only from opset 18 on, and ONNX Runtime's CUDA provider has neither exclusive-or nor shifts: it would copy all words to the
/// CPU and back. Therefore a shift is a division or a wrapping product with a power of two, and an exclusive-or is a table lookup of a few
/// bits at a time.
/// </para>
/// <para>
/// Word i of a stream is at [a, b, c] with i = 1024 a + 32 b + c. The first round is computed from small parts: exclusive-or with the last ten bits
/// of i changes only these bits. They are split into five and five, so that their products with the factor of the round can be added.
/// </para>
/// </remarks>
internal sealed class NormalsGraph
{
    private const int Block = 1024;
    private const int Line = 32;
    private const uint Factor1 = 0xED5AD4BB;
    private const uint Factor2 = 0xAC4C1B51;
    private const uint Factor3 = 0x31848BAB;

    private readonly GraphScope _graph;

    private NormalsGraph(GraphScope graph) => _graph = graph;

    /// <summary>Adds the first numbers of each problem's stream.</summary>
    /// <param name="graph">The graph that operators are added to.</param>
    /// <param name="low">The low words of the streams' keys, [P, 1].</param>
    /// <param name="high">The high words, [P, 1].</param>
    /// <param name="count">The number of normal numbers per stream.</param>
    /// <returns>[P, count] floats.</returns>
    public static string Add(GraphScope graph, string low, string high, int count)
    {
        int blocks = (count + Block - 1) / Block;
        string numbers = graph.Reshape(new NormalsGraph(graph).Numbers(AddWords(graph, low, high, blocks)), -1, (long)blocks * Block);
        return count == blocks * Block ? numbers : graph.Slice(numbers, 1, 0, count);
    }

    /// <summary>Adds only the first words of each problem's stream, [P, blocks, 32, 32].</summary>
    public static string AddWords(GraphScope graph, string low, string high, int blocks) => new NormalsGraph(graph).Words(low, high, blocks);

    private string Words(string low, string high, int blocks)
    {
        // The part that all words of a block share, [P, A], after the first shift.
        string starts = _graph.Words($"starts{blocks}", [1, blocks], a => (uint)a * Block);
        string shared = ExclusiveOr(starts, 0, low, 8, 8, 8, 8);
        shared = XorShift(shared, 17, 8, 7);
        string lines = Digits(shared, 5, 5);
        string places = Digits(shared, 0, 5);
        string rest = Product(Left(Right(shared, 10), 10), Factor1);

        // The words after the first product, [P, A, 32, 32].
        string ofLines = _graph.Op("Add", _graph.Reshape(Gather(Table("lines", unchecked((uint)Line * Factor1)), lines), -1, blocks, Line, 1), _graph.Reshape(rest, -1, blocks, 1, 1));
        string ofPlaces = _graph.Reshape(Gather(Table("places", Factor1), places), -1, blocks, 1, Line);
        string x = _graph.Op("Add", ofLines, ofPlaces);

        string y = _graph.Op("Add", XorShift(x, 11, 7, 7, 7), _graph.Reshape(high, -1, 1, 1, 1));
        y = XorShift(Product(y, Factor2), 15, 9, 8);
        y = XorShift(Product(y, Factor3), 14, 9, 9);
        return _graph.Op("Add", y, x);

        // Row k contains (k ^ c) · factor for each c.
        string Table(string what, uint factor) =>
            _graph.Words(what, [Line, Line], i => unchecked((uint)((i / Line) ^ (i % Line)) * factor));
    }

    // Box–Muller on [P, A, 32, 32] words; the first and the second 16 of each line are pairs.
    private string Numbers(string words)
    {
        string first = _graph.Slice(words, 3, 0, Line / 2);
        string second = _graph.Slice(words, 3, Line / 2, Line);
        string odd = _graph.Op("Add", Left(Right(first, 1), 1), _graph.Word(1));
        string signed = _graph.Cast(_graph.Cast(odd, DataType.Int32), DataType.Float);
        string uniform = _graph.Op("Mul", _graph.Op("Abs", signed), _graph.Float(1f / (1u << 31)));
        string radius = _graph.Op("Sqrt", _graph.Op("Mul", _graph.Op("Log", uniform), _graph.Float(-2)));

        // 22 bits and a last bit that is always 1: exact, as is the sum.
        string angle = _graph.Op(
            "Add", _graph.Op("Mul", _graph.Cast(Digits(second, 1, 22), DataType.Float), _graph.Float(1f / (1 << 22))), _graph.Float((1f / (1 << 23)) - 0.5f));
        string radians = _graph.Op("Mul", angle, _graph.Float(MathF.PI / 2));
        string sine = _graph.Op("Sin", radians);
        string cosine = _graph.Op("Mul", _graph.Op("Cos", radians), _graph.Op("Sign", signed));
        string swap = _graph.Cast(Right(second, 31), DataType.Bool);
        return _graph.Op(
            "Concat",
            [
                _graph.Op("Mul", radius, _graph.Op("Where", swap, sine, cosine)),
                _graph.Op("Mul", radius, _graph.Op("Where", swap, cosine, sine)),
            ],
            GraphBuilder.Int("axis", 3));
    }

    private string XorShift(string x, int shift, params int[] widths) => ExclusiveOr(x, shift, x, widths);

    /// <summary>(a >>> shift) ^ b, in groups of bits with the given widths, from the last bit on. The higher bits are b's own; a must have none there after the shift.</summary>
    private string ExclusiveOr(string a, int shift, string b, params int[] widths)
    {
        string result = b;
        int at = 0;
        foreach (int width in widths)
        {
            string pair = _graph.Op("Add", Left(Digits(a, shift + at, width), width), Digits(b, at, width));
            int place = at;
            int size = 1 << width;
            string table = _graph.Words(
                $"xor{width}at{place}", [size * size], i => unchecked((uint)(((i / size) ^ (i % size)) - (i % size)) << place));
            result = _graph.Op("Add", result, Gather(table, pair));
            at += width;
        }

        return result;
    }

    // The bits at..at+width of each word as a number.
    private string Digits(string x, int at, int width) => Right(Left(x, 32 - at - width), 32 - width);

    private string Left(string x, int count) => count == 0 ? x : Product(x, 1u << count);

    private string Right(string x, int count) => count == 0 ? x : _graph.Op("Div", x, _graph.Word(1u << count));

    private string Product(string x, uint factor) => _graph.Op("Mul", x, _graph.Word(factor));

    private string Gather(string table, string indices) => _graph.Op("Gather", table, _graph.Cast(indices, DataType.Int32));
}
