using System.Buffers.Binary;

namespace MLNet.ZerothOrder;

/// <summary>
/// A lock file that a run holds open, so that no second run uses the same folder. The operating system releases it when the process ends, for
/// whatever reason. The file also counts queries. Each count is written to the operating system before the queries are sent, so that a killed
/// process loses none.
/// </summary>
public sealed class RunLock : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly long[] _counts = new long[Enum.GetValues<RunCount>().Length];

    private RunLock(FileStream file)
    {
        _file = file;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] = RandomAccess.Read(file.SafeFileHandle, bytes, PlaceOf(i)) == bytes.Length ? Math.Max(0, BinaryPrimitives.ReadInt64LittleEndian(bytes)) : 0;
        }
    }

    /// <summary>Takes the lock. Creates the file if it does not exist.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="place">What the lock protects, for the message.</param>
    /// <exception cref="InputException">Another process holds the lock, or access to the file is denied.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static RunLock Take(string path, string place)
    {
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0));
        }
        catch (IOException e) when (IsTaken(e))
        {
            throw new InputException($"Another run uses {place}; wait for its end, or choose another.", e) { Argument = "Folder" };
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{place} cannot be written ({e.Message.TrimEnd('.')}); choose another.", e) { Argument = "Folder" };
        }
    }

    /// <summary>The queries of a kind since the start of the run, over all processes.</summary>
    public long Count(RunCount kind)
    {
        lock (_gate)
        {
            return _counts[(int)kind];
        }
    }

    /// <summary>Counts queries before they are sent.</summary>
    /// <param name="kind">The kind of the queries.</param>
    /// <param name="queries">The number of queries.</param>
    /// <exception cref="IOException">The count cannot be written.</exception>
    public void Add(RunCount kind, int queries) => Set((int)kind, queries, add: true);

    /// <summary>Sets all counts to 0.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Reset()
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            Set(i, 0, add: false);
        }
    }

    /// <summary>Releases the lock and removes its file, because there is nothing left to resume.</summary>
    public void Remove()
    {
        // Windows cannot remove an open file. Other systems remove it while it is held, so that no other process opens a file without a lock.
        if (OperatingSystem.IsWindows())
        {
            Dispose();
        }

        try
        {
            File.Delete(_file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A remaining file is harmless, because no process holds it.
        }

        Dispose();
    }

    /// <summary>Releases the lock. The file with the counts stays.</summary>
    public void Dispose() => _file.Dispose();

    // The error codes: EAGAIN on Linux (11) and macOS (35), a sharing violation on Windows.
    private static bool IsTaken(IOException e) => e.HResult is 11 or 35 || (uint)e.HResult == 0x80070020;

    private static long PlaceOf(int count) => (long)count * sizeof(long);

    private void Set(int count, long queries, bool add)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        lock (_gate)
        {
            _counts[count] = add ? _counts[count] + queries : queries;
            BinaryPrimitives.WriteInt64LittleEndian(bytes, _counts[count]);
            RandomAccess.Write(_file.SafeFileHandle, bytes, PlaceOf(count));
        }
    }
}
