using System.Buffers.Binary;

namespace MLNet.ZerothOrder;

/// <summary>
/// A file that a run holds open for itself alone, so that no second one works in its place; the system lets go of it however the process
/// ends. It also counts queries: each count is with the system before the queries are sent, so that even a kill at that moment
/// loses none.
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

    /// <summary>Takes the lock, and makes its file where there is none.</summary>
    /// <param name="path">The lock's file.</param>
    /// <param name="place">What it guards, for the message.</param>
    /// <exception cref="InputException">Another process has it, or the file may not be written.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static RunLock Take(string path, string place)
    {
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0));
        }
        catch (IOException e) when (IsTaken(e))
        {
            throw new InputException($"Another run is at work in {place}; wait for its end, or choose another place.", e) { Argument = "Folder" };
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException($"{place} cannot be written ({e.Message.TrimEnd('.')}); choose another.", e) { Argument = "Folder" };
        }
    }

    /// <summary>Queries of a kind since the run began, by whatever process.</summary>
    public long Count(RunCount kind)
    {
        lock (_gate)
        {
            return _counts[(int)kind];
        }
    }

    /// <summary>Counts queries before they are sent.</summary>
    /// <param name="kind">What they are counted as.</param>
    /// <param name="queries">How many.</param>
    /// <exception cref="IOException">They cannot be counted.</exception>
    public void Add(RunCount kind, int queries) => Set((int)kind, queries, add: true);

    /// <summary>Begins to count anew.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Reset()
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            Set(i, 0, add: false);
        }
    }

    /// <summary>Lets go of the lock and removes its file, since nothing is left to go on with.</summary>
    public void Remove()
    {
        // Windows removes no open file, and elsewhere nobody may find one that is not held.
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
            // A lock that nobody holds stands in nobody's way.
        }

        Dispose();
    }

    /// <summary>Lets go of the lock; its file stays, with the counts.</summary>
    public void Dispose() => _file.Dispose();

    // What the systems call it: EAGAIN of Linux and of macOS, a sharing violation of Windows.
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
