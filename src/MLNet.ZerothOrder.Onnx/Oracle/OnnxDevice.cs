using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>The device to run a model on: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
/// <param name="Kind">The kind of device; the default value is <see cref="DeviceKind.Auto"/>.</param>
/// <param name="Index">The index of the CUDA device, from 0; 0 for other kinds.</param>
public readonly record struct OnnxDevice(DeviceKind Kind, int Index = 0)
{
    /// <summary>CUDA if it works, else the CPU.</summary>
    public static OnnxDevice Auto => new(DeviceKind.Auto);

    /// <summary>The CPU.</summary>
    public static OnnxDevice Cpu => new(DeviceKind.Cpu);

    /// <summary>One CUDA device.</summary>
    public static OnnxDevice Cuda(int index = 0) => new(DeviceKind.Cuda, index);

    /// <summary>Reads <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:I</c>, in any case.</summary>
    /// <exception cref="InputException">The text is none of these.</exception>
    public static OnnxDevice Parse(string text)
    {
        switch (text.Trim().ToLowerInvariant())
        {
            case "auto":
                return Auto;
            case "cpu":
                return Cpu;
            case "cuda":
                return Cuda();
            case var cuda when cuda.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(cuda.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index):
                return Cuda(index);
            default:
                throw new InputException($"Device '{text}' is unknown; use auto, cpu, cuda, or cuda:1 for the second CUDA device.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        DeviceKind.Cpu => "cpu",
        DeviceKind.Cuda => string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}"),
        _ => "auto",
    };
}
