using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MLNet.ZerothOrder.Data;

/// <summary>The header of a .npy file: versions 1 to 3, C order; Fortran order is refused.</summary>
/// <param name="Type">NumPy's name of the element type, such as <c>&lt;f4</c>: byte order, kind, bytes.</param>
/// <param name="Shape">The dimensions, none of them negative.</param>
internal sealed record NpyHeader(string Type, long[] Shape)
{
    private const int LongestHeader = 1 << 16;
    private const int MostDimensions = 32;

    /// <summary>Whether content that starts with these bytes is a .npy file.</summary>
    public static bool IsNpy(ReadOnlySpan<byte> head) => head is [0x93, (byte)'N', ..];

    /// <summary>Whether this is an array of one integer per image.</summary>
    public bool IsLabels => Shape is [_] or [_, 1] && Type is [_, 'i' or 'u', ..];

    /// <summary>The path, such as <c>x.npz:name</c>, of the only array in a .npz archive that fits; null for a file that is no archive.</summary>
    /// <exception cref="InputException">No array fits, or several do.</exception>
    public static string? Member(string path, Func<NpyHeader, bool> fits)
    {
        if (InputFile.MemberOf(path) is not null || InputFile.Members(path) is not { } members)
        {
            return null;
        }

        var arrays = new List<(string Path, string Text, bool Fits)>();
        foreach (string member in members.Where(member => member.EndsWith(".npy", StringComparison.Ordinal)))
        {
            using InputFile file = InputFile.Open($"{path}:{member}");
            NpyHeader header = Read(file);
            arrays.Add(($"{path}:{member[..^4]}", $"{member[..^4]} {header.Type} {header.ShapeText}", fits(header)));
        }

        (string Path, string Text, bool Fits)[] fitting = [.. arrays.Where(array => array.Fits)];
        return fitting.Length == 1 ? fitting[0].Path : throw new InputException(
            $"{path}: has {(fitting.Length == 0 ? "no array" : $"{fitting.Length} arrays")} of fitting shape among {string.Join(", ", arrays.Take(12).Select(array => array.Text))}; "
            + $"name one, such as {(fitting.Length > 0 ? fitting[0].Path : $"{path}:name")}.");
    }

    /// <summary>The shape in Python's notation.</summary>
    public string ShapeText => Shape.Length == 1 ? $"({Shape[0]},)" : $"({string.Join(", ", Shape)})";

    public static NpyHeader Read(InputFile file)
    {
        Span<byte> head = stackalloc byte[8];
        file.Fill(head, "the .npy header");
        if (head[0] != 0x93 || !head[1..6].SequenceEqual("NUMPY"u8))
        {
            throw file.Error($"starts with the bytes {Convert.ToHexString(head[..6])}, unlike a .npy file; save the array with numpy.save.");
        }

        if (head[6] is < 1 or > 3)
        {
            throw file.Error($"is a .npy file of version {head[6]}.{head[7]} (bytes 6..7); versions 1 to 3 are supported, so save it with numpy.save.");
        }

        Span<byte> lengthBytes = stackalloc byte[head[6] == 1 ? 2 : 4];
        file.Fill(lengthBytes, "the .npy header");
        uint length = head[6] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes)
            : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > LongestHeader)
        {
            throw file.Error($"declares a header of {length} bytes (at byte 8); the limit is {LongestHeader}, so save a plain array with numpy.save.");
        }

        var text = new byte[length];
        file.Fill(text, "the .npy header");
        return new Parser(file, Encoding.Latin1.GetString(text)).Parse();
    }

    /// <summary>Reads the Python dictionary of the header: three known keys and nothing else.</summary>
    private sealed class Parser(InputFile file, string text)
    {
        private readonly long _start = file.Position - text.Length;
        private int _at;

        public NpyHeader Parse()
        {
            string? type = null;
            bool? isFortran = null;
            long[]? shape = null;
            Expect('{');
            while (!Take('}'))
            {
                string key = Quoted();
                Expect(':');
                switch (key)
                {
                    case "descr":
                        type = Next() == '[' ? throw file.Error("holds records of several fields; save a plain array of numbers.") : Quoted();
                        break;
                    case "fortran_order":
                        isFortran = Word() switch { "True" => true, "False" => false, _ => throw Bad("True or False") };
                        break;
                    case "shape":
                        shape = Tuple();
                        break;
                    default:
                        throw Bad("one of the keys descr, fortran_order and shape");
                }

                if (!Take(',') && Next() != '}')
                {
                    throw Bad("a comma or a closing brace");
                }
            }

            if (Next() != '\0')
            {
                throw Bad("the header's end");
            }

            if (type is null || isFortran is null || shape is null)
            {
                throw file.Error("has a header that lacks descr, fortran_order or shape; save the array with numpy.save.");
            }

            return isFortran.Value
                ? throw file.Error("is stored in Fortran order; save numpy.ascontiguousarray(array) instead.")
                : new NpyHeader(type, shape);
        }

        private long[] Tuple()
        {
            var shape = new List<long>();
            Expect('(');
            while (!Take(')'))
            {
                // Python 2 wrote long integers with the suffix L.
                if (!long.TryParse(Word().TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out long length) || shape.Count == MostDimensions)
                {
                    throw Bad("a tuple of sizes");
                }

                shape.Add(length);
                if (!Take(',') && Next() != ')')
                {
                    throw Bad("a comma or a closing parenthesis");
                }
            }

            return [.. shape];
        }

        private string Word()
        {
            Next();
            int start = _at;
            while (_at < text.Length && char.IsAsciiLetterOrDigit(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private string Quoted()
        {
            char quote = Next();
            int end = quote is '\'' or '"' ? text.IndexOf(quote, _at + 1) : -1;
            if (end < 0)
            {
                throw Bad("a string in quotes");
            }

            string value = text[(_at + 1)..end];
            _at = end + 1;
            return value;
        }

        private char Next()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\t')
            {
                _at++;
            }

            return _at < text.Length ? text[_at] : '\0';
        }

        private bool Take(char c)
        {
            if (Next() != c)
            {
                return false;
            }

            _at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!Take(c))
            {
                throw Bad($"'{c}'");
            }
        }

        private InputException Bad(string expected) => file.Error(
            $"has a damaged header: byte {_start + _at} is {InputFile.Quote(text.AsSpan(Math.Min(_at, text.Length)))}, but {expected} is expected; save the array with numpy.save.");
    }
}
