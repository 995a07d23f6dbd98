namespace MLNet.ZerothOrder;

/// <summary>Writes files atomically: a file is either unchanged or completely new, even if the process is killed.</summary>
public static class AtomicFile
{
    /// <summary>Writes a temporary file beside the target, flushes it to disk, and renames it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="flush">
    /// Whether to wait until the content is on disk. Without it, a killed process still leaves the old or the new file, but a power
    /// failure may leave an empty one. Use false for many small files that no run resumes from.
    /// </param>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
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
