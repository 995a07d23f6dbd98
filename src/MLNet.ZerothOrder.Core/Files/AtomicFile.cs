namespace MLNet.ZerothOrder;

/// <summary>Files that are either as they were or wholly new, whatever happens while they are written.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its place, flushes it to the disk, and renames it into place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="flush">
    /// Whether to wait until the content is on the disk. Without it a killed process still leaves the old or the new file, but a power
    /// failure may leave an empty one: for many small files that nothing goes on from.
    /// </param>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public static void Write(string path, Action<Stream> write, bool flush = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flush);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
