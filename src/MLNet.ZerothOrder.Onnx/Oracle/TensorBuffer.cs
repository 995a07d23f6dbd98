using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MLNet.ZerothOrder;

/// <summary>Pinned memory in a model's number format, read and written as floats.</summary>
internal sealed class TensorBuffer
{
    private readonly Memory<float> _floats;
    private readonly Memory<Float16> _halves;
    private readonly Memory<byte> _bytes;

    public TensorBuffer(OnnxElementType type, int length)
    {
        Type = type;
        switch (type)
        {
            case OnnxElementType.Float32:
                _floats = GC.AllocateArray<float>(length, pinned: true);
                break;
            case OnnxElementType.Float16:
                _halves = GC.AllocateArray<Float16>(length, pinned: true);
                break;
            default:
                _bytes = GC.AllocateArray<byte>(length, pinned: true);
                break;
        }
    }

    /// <summary>Creates a buffer over float memory that the caller has pinned.</summary>
    public TensorBuffer(Memory<float> pinned)
    {
        Type = OnnxElementType.Float32;
        _floats = pinned;
    }

    public OnnxElementType Type { get; }

    /// <summary>Creates a native tensor over the start of the buffer. The caller owns it.</summary>
    public OrtValue Tensor(long[] dims) => Type switch
    {
        OnnxElementType.Float32 => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _floats, dims),
        OnnxElementType.Float16 => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _halves, dims),
        _ => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _bytes, dims),
    };

    /// <summary>Writes values at an offset. Halves are rounded to nearest; bytes are rounded to nearest and clamped to 0..255.</summary>
    public void Write(int offset, ReadOnlySpan<float> values)
    {
        switch (Type)
        {
            case OnnxElementType.Float32:
                values.CopyTo(_floats.Span[offset..]);
                break;
            case OnnxElementType.Float16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<Float16, Half>(_halves.Span[offset..]));
                break;
            default:
                var bytes = _bytes.Span.Slice(offset, values.Length);
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)MathF.Round(Math.Clamp(values[i], 0f, 255f));
                }

                break;
        }
    }

    /// <summary>Reads values from an offset; for floats and halves only.</summary>
    public void Read(int offset, Span<float> values)
    {
        if (Type == OnnxElementType.Float32)
        {
            _floats.Span.Slice(offset, values.Length).CopyTo(values);
        }
        else
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(_halves.Span.Slice(offset, values.Length)), values);
        }
    }

    /// <summary>Writes zeros.</summary>
    public void Clear(int offset, int length)
    {
        switch (Type)
        {
            case OnnxElementType.Float32:
                _floats.Span.Slice(offset, length).Clear();
                break;
            case OnnxElementType.Float16:
                _halves.Span.Slice(offset, length).Clear();
                break;
            default:
                _bytes.Span.Slice(offset, length).Clear();
                break;
        }
    }
}
