using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.ZerothOrder.OnnxSchema;

/// <summary>
/// Reads, writes, measures or copies a message of Protocol Buffers, which passes its fields in <see cref="Message.Visit"/>. As there, a number that is 0 and
/// a text that is empty are not written, unless the field is nullable.
/// </summary>
internal sealed class Fields
{
    // Each level takes stack.
    private const int Deepest = 100;

    // Shorter bytes are copied: they must not keep the whole input in memory.
    private const int Long = 256;

    private static readonly Fields Copier = new(Mode.Copy);

    private readonly Mode _mode;
    private readonly ReadOnlyMemory<byte> _input;
    private readonly byte[]? _output;
    private int _position;
    private int _end;
    private int _depth;

    // The field at hand; 0 once a field took it.
    private int _number;
    private WireType _type;

    private Fields(Mode mode, ReadOnlyMemory<byte> input = default, byte[]? output = null)
    {
        _mode = mode;
        _input = input;
        _output = output;
        _end = input.Length;
    }

    private enum Mode
    {
        Read,
        Write,
        Copy,
    }

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>Reads a message. Its long fields of bytes stay in the input.</summary>
    /// <exception cref="InvalidDataException">The input is not a message, or is cut off.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> input)
        where T : Message, new()
    {
        var message = new T();
        new Fields(Mode.Read, input).ReadTo(message, input.Length);
        return message;
    }

    /// <summary>The bytes of a message.</summary>
    public static byte[] Write(Message message)
    {
        var bytes = new byte[Size(message)];
        message.VisitAll(new Fields(Mode.Write, output: bytes));
        return bytes;
    }

    /// <summary>The number of bytes that a message takes.</summary>
    public static int Size(Message message)
    {
        var measure = new Fields(Mode.Write);
        message.VisitAll(measure);
        return measure._position;
    }

    /// <summary>A copy that shares nothing with the original but fields of bytes.</summary>
    public static T Copy<T>(T message)
        where T : Message
    {
        var copy = (T)message.ShallowCopy();
        copy.VisitAll(Copier);
        return copy;
    }

    public void Number(int number, ref long value)
    {
        long? given = value == 0 ? null : value;
        Number(number, ref given);
        value = given ?? 0;
    }

    public void Number(int number, ref long? value)
    {
        if (Reads(number, WireType.Varint))
        {
            value = (long)TakeVarint();
        }
        else if (Writes(value is not null))
        {
            PutTag(number, WireType.Varint);
            PutVarint((ulong)value!.Value);
        }
    }

    public void Enumeration<T>(int number, ref T value)
        where T : struct, Enum
    {
        long wide = Unsafe.As<T, int>(ref value);
        Number(number, ref wide);
        Unsafe.As<T, int>(ref value) = (int)wide;
    }

    public void Real(int number, ref float? value)
    {
        if (Reads(number, WireType.Fixed32))
        {
            value = BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
        }
        else if (Writes(value is not null))
        {
            PutTag(number, WireType.Fixed32);
            Put(BitConverter.GetBytes(value!.Value));
        }
    }

    public void Text(int number, ref string value)
    {
        string? given = value.Length == 0 ? null : value;
        OptionalText(number, ref given);
        value = given ?? "";
    }

    public void OptionalText(int number, ref string? value)
    {
        if (Reads(number, WireType.Bytes))
        {
            value = Encoding.UTF8.GetString(Take(TakeLength()));
        }
        else if (Writes(value is not null))
        {
            PutBytes(number, Encoding.UTF8.GetBytes(value!));
        }
    }

    public void Bytes(int number, ref ReadOnlyMemory<byte>? value)
    {
        if (Reads(number, WireType.Bytes))
        {
            int length = TakeLength();
            value = length < Long ? Take(length).ToArray() : _input.Slice(_position, length);
            _position += length < Long ? 0 : length;
        }
        else if (Writes(value is not null))
        {
            PutBytes(number, value!.Value.Span);
        }
    }

    public void Bytes(int number, ref ReadOnlyMemory<byte> value)
    {
        ReadOnlyMemory<byte>? given = value.IsEmpty ? (ReadOnlyMemory<byte>?)null : value;
        Bytes(number, ref given);
        value = given ?? default;
    }

    public void Single<T>(int number, ref T? value)
        where T : Message, new()
    {
        if (Reads(number, WireType.Bytes))
        {
            // A message that comes twice is one message.
            int length = TakeLength();
            ReadTo(value ??= new T(), _position + length);
        }
        else if (Writes(value is not null))
        {
            PutMessage(number, value!);
        }
        else if (_mode == Mode.Copy && value is not null)
        {
            value = Copy(value);
        }
    }

    public void Repeated<T>(int number, ref List<T> values)
        where T : Message, new()
    {
        if (Reads(number, WireType.Bytes))
        {
            T? value = null;
            _number = number;
            Single(number, ref value);
            values.Add(value!);
        }
        else if (_mode == Mode.Copy)
        {
            values = values.ConvertAll(Copy);
        }
        else if (_mode == Mode.Write)
        {
            values.ForEach(value => PutMessage(number, value));
        }
    }

    public void Texts(int number, ref List<string> values)
    {
        if (Reads(number, WireType.Bytes))
        {
            values.Add(Encoding.UTF8.GetString(Take(TakeLength())));
        }
        else if (_mode == Mode.Copy)
        {
            values = [.. values];
        }
        else if (_mode == Mode.Write)
        {
            values.ForEach(value => PutBytes(number, Encoding.UTF8.GetBytes(value)));
        }
    }

    public void Numbers(int number, ref List<long> values)
    {
        if (Reads(number, WireType.Varint))
        {
            values.Add((long)TakeVarint());
        }
        else if (Reads(number, WireType.Bytes))
        {
            int length = TakeLength();
            int end = _position + length;
            while (_position < end)
            {
                values.Add((long)TakeVarint());
            }

            if (_position > end)
            {
                throw Damaged();
            }
        }
        else if (_mode == Mode.Copy)
        {
            values = [.. values];
        }
        else if (Writes(values.Count > 0))
        {
            PutTag(number, WireType.Bytes);
            PutVarint((ulong)values.Sum(value => (70L - BitOperations.LeadingZeroCount((ulong)value | 1)) / 7));
            values.ForEach(value => PutVarint((ulong)value));
        }
    }

    /// <summary>Floats or doubles.</summary>
    public void Reals<T>(int number, ref List<T> values)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        bool isOne = Reads(number, size == sizeof(float) ? WireType.Fixed32 : WireType.Fixed64);
        if (isOne || Reads(number, WireType.Bytes))
        {
            ReadOnlySpan<byte> bytes = Take(isOne ? size : TakeLength());
            values.AddRange(bytes.Length % size == 0 ? MemoryMarshal.Cast<byte, T>(bytes) : throw Damaged());
        }
        else if (_mode == Mode.Copy)
        {
            values = [.. values];
        }
        else if (Writes(values.Count > 0))
        {
            PutBytes(number, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values)));
        }
    }

    /// <summary>The fields that no property holds, as they were read.</summary>
    public void Others(ref List<byte> bytes)
    {
        if (_mode == Mode.Copy)
        {
            bytes = [.. bytes];
        }
        else if (_mode == Mode.Write)
        {
            Put(CollectionsMarshal.AsSpan(bytes));
        }
        else if (_number != 0)
        {
            int start = _position;
            switch (_type)
            {
                case WireType.Varint: TakeVarint(); break;
                case WireType.Fixed64: Take(sizeof(long)); break;
                case WireType.Bytes: Take(TakeLength()); break;
                case WireType.Fixed32: Take(sizeof(int)); break;
                default: throw Damaged();
            }

            var tag = new Fields(Mode.Write, output: new byte[sizeof(long)]);
            tag.PutTag(_number, _type);
            bytes.AddRange(tag._output.AsSpan(0, tag._position));
            bytes.AddRange(_input.Span[start.._position]);
        }
    }

    private static InvalidDataException Damaged() => new("This is not a message, or it is cut off.");

    private void ReadTo(Message message, int end)
    {
        int outer = _end;
        _end = end;
        if (++_depth > Deepest)
        {
            throw Damaged();
        }

        while (_position < end)
        {
            ulong tag = TakeVarint();
            _number = tag >> 3 is > 0 and <= int.MaxValue >> 2 and var number ? (int)number : throw Damaged();
            _type = (WireType)(tag & 7);
            message.VisitAll(this);
        }

        _depth--;
        _end = outer;
        _number = 0;
    }

    private bool Reads(int number, WireType type)
    {
        bool reads = _mode == Mode.Read && _number == number && _type == type;
        _number = reads ? 0 : _number;
        return reads;
    }

    private bool Writes(bool holds) => holds && _mode == Mode.Write;

    private ReadOnlySpan<byte> Take(int length)
    {
        ReadOnlySpan<byte> taken = length <= _end - _position ? _input.Span.Slice(_position, length) : throw Damaged();
        _position += length;
        return taken;
    }

    private int TakeLength() => TakeVarint() is var length && length <= (ulong)(_end - _position) ? (int)length : throw Damaged();

    private ulong TakeVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    private void PutMessage(int number, Message message)
    {
        PutTag(number, WireType.Bytes);
        if (_output is not null)
        {
            PutVarint((ulong)Size(message));
            message.VisitAll(this);
            return;
        }

        // Measuring a message inside of a measured one again would double the work at each level.
        int start = _position;
        message.VisitAll(this);
        PutVarint((ulong)(_position - start));
    }

    private void PutBytes(int number, ReadOnlySpan<byte> bytes)
    {
        PutTag(number, WireType.Bytes);
        PutVarint((ulong)bytes.Length);
        Put(bytes);
    }

    private void PutTag(int number, WireType type) => PutVarint(((ulong)number << 3) | (uint)type);

    private void PutVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Put([(byte)(value | 0x80)]);
            value >>= 7;
        }

        Put([(byte)value]);
    }

    // Without an output the bytes are only counted.
    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_output is not null)
        {
            bytes.CopyTo(_output.AsSpan(_position));
        }

        _position = checked(_position + bytes.Length);
    }
}
