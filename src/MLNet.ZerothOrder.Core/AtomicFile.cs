namespace MLNet.ZerothOrder;

/// <summary>Files that are either as they were or wholly new, whatever happens while they are written.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its place, flushes it to the disk, and renames it into place.</summary>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
