using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>
/// Walks the fields of one protobuf message. ONNX Runtime does not tell a cut file from a foreign one, nor what a model's
/// first operators are; a few fields read here do, without loading the weights.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;
    private int _wireType;

    /// <summary>The number of the field last entered.</summary>
    public int Field { get; private set; }

    /// <summary>Enters the next field; false at the end. Its value must then be read or skipped.</summary>
    /// <exception cref="OnnxFileException">The bytes are not a message.</exception>
    public bool Next()
    {
        if (_position == _message.Length)
        {
            return false;
        }

        ulong tag = ReadVarint();
        _wireType = (int)(tag & 7);
        Field = tag >> 3 is > 0 and <= 0x1FFFFFFF and var number ? (int)number : throw Malformed();
        return true;
    }

    /// <summary>The field's number; 0 and skipped where it holds something else.</summary>
    public long Int64()
    {
        if (_wireType == Varint)
        {
            return (long)ReadVarint();
        }

        Skip();
        return 0;
    }

    /// <summary>The field's bytes: a string, a message or packed numbers; empty and skipped where it holds something else.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        if (_wireType == Delimited)
        {
            return Take(ReadVarint());
        }

        Skip();
        return default;
    }

    /// <summary>The field's text.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>The field's numbers, whether they come packed or one field each.</summary>
    public void AddInt64s(List<long> values)
    {
        if (_wireType != Delimited)
        {
            values.Add(Int64());
            return;
        }

        var packed = new ProtoReader(Bytes());
        while (packed._position < packed._message.Length)
        {
            values.Add((long)packed.ReadVarint());
        }
    }

    /// <summary>The raw bytes of the field's 32-bit floats, whether they come packed or one field each.</summary>
    public ReadOnlySpan<byte> Floats() => _wireType == Fixed32 ? Take(4) : Bytes();

    /// <summary>Leaves the field.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case Varint:
                ReadVarint();
                break;
            case Fixed64:
                Take(8);
                break;
            case Delimited:
                Take(ReadVarint());
                break;
            case Fixed32:
                Take(4);
                break;
            default:
                throw Malformed();
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _position))
        {
            throw new OnnxFileException(isCut: true);
        }

        var taken = _message.Slice(_position, (int)length);
        _position += (int)length;
        return taken;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_position == _message.Length)
            {
                throw new OnnxFileException(isCut: true);
            }

            byte next = _message[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static OnnxFileException Malformed() => new(isCut: false);
}
