using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Pinned memory in a model's number format that begins at a multiple of 64 bytes, read and written as floats.</summary>
internal sealed class TensorBuffer
{
    private readonly Memory<float> _floats;
    private readonly Memory<Float16> _halves;
    private readonly Memory<byte> _bytes;
    private readonly Memory<double> _doubles;

    public TensorBuffer(OnnxElementType type, int length)
    {
        Type = type;
        switch (type)
        {
            case OnnxElementType.Float32:
                _floats = new AlignedArray<float>(length).Memory;
                break;
            case OnnxElementType.Float16:
                _halves = new AlignedArray<Float16>(length).Memory;
                break;
            case OnnxElementType.Float64:
                _doubles = new AlignedArray<double>(length).Memory;
                break;
            default:
                _bytes = new AlignedArray<byte>(length).Memory;
                break;
        }
    }

    /// <summary>Creates a buffer over float memory that the caller has pinned and aligned.</summary>
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
        OnnxElementType.Float64 => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _doubles, dims),
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
            case OnnxElementType.Float64:
                TensorPrimitives.ConvertChecked(values, _doubles.Span.Slice(offset, values.Length));
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

    /// <summary>Reads values from an offset, doubles rounded to the nearest float; not for bytes.</summary>
    public void Read(int offset, Span<float> values)
    {
        switch (Type)
        {
            case OnnxElementType.Float32:
                _floats.Span.Slice(offset, values.Length).CopyTo(values);
                break;
            case OnnxElementType.Float64:
                TensorPrimitives.ConvertTruncating<double, float>(_doubles.Span.Slice(offset, values.Length), values);
                break;
            default:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(_halves.Span.Slice(offset, values.Length)), values);
                break;
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
            case OnnxElementType.Float64:
                _doubles.Span.Slice(offset, length).Clear();
                break;
            default:
                _bytes.Span.Slice(offset, length).Clear();
                break;
        }
    }
}
