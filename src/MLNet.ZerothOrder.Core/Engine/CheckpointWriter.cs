using System.Runtime.InteropServices;
using System.Text;

namespace MLNet.ZerothOrder;

/// <summary>Writes the format that <see cref="CheckpointReader"/> reads.</summary>
internal sealed class CheckpointWriter(Stream stream)
{
    public void Int(int value) => Value(value);

    public void Long(long value) => Value(value);

    public void Double(double value) => Value(value);

    public void Flag(bool value) => Value((byte)(value ? 1 : 0));

    public void Text(string value) => Array<byte>(Encoding.UTF8.GetBytes(value));

    public void Array<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Int(values.Length);
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    private void Value<T>(T value)
        where T : unmanaged => stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
