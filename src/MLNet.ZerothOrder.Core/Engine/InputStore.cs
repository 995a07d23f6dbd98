using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MLNet.ZerothOrder;

/// <summary>
/// The inputs that ended problems keep for their results. The first ones stay in memory; beyond a limit they go to a nameless file, so that a long queue takes no more memory than a short
/// one. The file disappears with the store, or with the process. Where it cannot be written, inputs stay in memory. Thread-safe.
/// </summary>
/// <param name="folder">The folder of the file.</param>
/// <param name="mostFloats">The limit in memory.</param>
internal sealed class InputStore(string folder, long mostFloats = InputStore.MostFloats)
{
    /// <summary>32 MiB.</summary>
    public const long MostFloats = 1 << 23;

    private readonly Lock _gate = new();
    private SafeFileHandle? _file;
    private bool _fails;
    private long _floats;
    private long _length;

    /// <summary>Keeps an input, which may no longer change.</summary>
    public Kept Keep(float[] input)
    {
        lock (_gate)
        {
            if (_floats + input.Length <= mostFloats || _fails)
            {
                _floats += input.Length;
                return new Kept(input, null, 0, input.Length);
            }

            try
            {
                _file ??= Create();
                RandomAccess.Write(_file, MemoryMarshal.AsBytes(input.AsSpan()), _length);
                var kept = new Kept(null, _file, _length, input.Length);
                _length += (long)sizeof(float) * input.Length;
                return kept;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                _fails = true;
                return new Kept(input, null, 0, input.Length);
            }
        }
    }

    private SafeFileHandle Create()
    {
        string path = Path.Combine(folder, $".inputs-{Guid.NewGuid():N}.tmp");
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            // Without a name, nothing is left behind even by a process that is killed.
            File.Delete(path);
        }

        return file;
    }

    /// <summary>A kept input: an array, or a part of a file.</summary>
    public readonly struct Kept(float[]? input, SafeFileHandle? file, long offset, int length)
    {
        /// <summary>The input.</summary>
        /// <exception cref="IOException">The file can no longer be read.</exception>
        public float[] Read()
        {
            if (input is not null)
            {
                return input;
            }

            var read = new float[length];
            Span<byte> bytes = MemoryMarshal.AsBytes(read.AsSpan());
            for (int at = 0, count; at < bytes.Length; at += count)
            {
                count = RandomAccess.Read(file!, bytes[at..], offset + at);
                if (count == 0)
                {
                    throw new IOException("The file with the inputs of ended problems has become shorter.");
                }
            }

            return read;
        }
    }
}
