using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>
/// Reads the untrusted content of a checkpoint. Lengths are checked against the rest of the content before memory is allocated.
/// Every failure becomes an <see cref="InputException"/>.
/// </summary>
internal sealed class CheckpointReader(Stream stream, long length, string name)
{
    private long _left = length;

    /// <summary>The exception for impossible content.</summary>
    public InputException Damaged(string what) => new($"Checkpoint {name} is damaged ({what}); remove it and start again.");

    public int Int() => Value<int>();

    public long Long() => Value<long>();

    public double Double() => Value<double>();

    public bool Flag() => Value<byte>() switch
    {
        0 => false,
        1 => true,
        var other => throw Damaged($"{other} is not a yes or no"),
    };

    /// <summary>A number of items, each of at least <paramref name="leastBytes"/> bytes.</summary>
    public int Count(int leastBytes)
    {
        int count = Int();
        return count >= 0 && count <= _left / leastBytes ? count : throw Damaged($"it declares {count} parts, more than can follow");
    }

    public string Text() => Encoding.UTF8.GetString(Array<byte>());

    public T[] Array<T>()
        where T : unmanaged
    {
        var array = new T[Count(Marshal.SizeOf<T>())];
        Fill(MemoryMarshal.AsBytes(array.AsSpan()));
        return array;
    }

    public void End()
    {
        if (_left != 0)
        {
            throw Damaged($"{_left} bytes too many");
        }
    }

    private T Value<T>()
        where T : unmanaged
    {
        T value = default;
        Fill(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    private void Fill(Span<byte> bytes)
    {
        if (bytes.Length > _left)
        {
            throw Damaged("it ends too early");
        }

        stream.ReadExactly(bytes);
        _left -= bytes.Length;
    }
}
