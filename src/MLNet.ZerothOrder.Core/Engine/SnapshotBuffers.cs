namespace MLNet.ZerothOrder;

/// <summary>
/// The buffers of snapshots, which problems in flight take over from those that have ended. A snapshot of a large image is tens of megabytes: the garbage collector would let
/// many of them pile up. Thread-safe.
/// </summary>
internal sealed class SnapshotBuffers
{
    private readonly Stack<byte[]> _free = new();

    /// <summary>A buffer of at least this length.</summary>
    public byte[] Rent(int length)
    {
        lock (_free)
        {
            // Shorter ones are of no use later either, because records grow with their traces.
            while (_free.TryPop(out byte[]? buffer))
            {
                if (buffer.Length >= length)
                {
                    return buffer;
                }
            }
        }

        return new byte[Padded(length)];
    }

    /// <summary>Takes a buffer back that is no longer used.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            lock (_free)
            {
                _free.Push(buffer);
            }
        }
    }

    // The traces and the solving inputs of the next snapshots fit too.
    private static int Padded(int length) => (int)Math.Min(Array.MaxLength, length + (length / 8L));
}
