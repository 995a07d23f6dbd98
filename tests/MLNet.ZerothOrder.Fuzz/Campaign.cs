using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace MLNet.ZerothOrder.Fuzz;

/// <summary>Feeds mutated files to a reader; all it may do is read them or refuse them with an <see cref="InputException"/>, in bounded time and memory.</summary>
internal sealed partial class Campaign(Target target, string folder, long seed)
{
    // Generous for a loaded machine; what is looked for is minutes and gigabytes out of a file of kilobytes.
    private static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(20);
    private const long MostBytes = 400L << 20;

    private readonly HashSet<string> _kinds = [];
    private long _accepted;
    private long _mostAllocated;
    private TimeSpan _longest;

    /// <summary>Runs so many inputs and says on one line how it went.</summary>
    /// <returns>False where an input broke the rules; it is then kept in the folder.</returns>
    public bool Run(int count)
    {
        string path = Path.Combine(folder, target.FileName);
        byte[]? before = File.Exists(path) ? File.ReadAllBytes(path) : null;
        foreach (byte[] valid in target.Seeds)
        {
            // Changes of what is refused as it is would all be refused at the same place.
            Write(path, valid);
            try
            {
                target.Read(path);
            }
            catch (InputException e)
            {
                Console.Error.WriteLine($"{target.Name}: a file that should be valid is refused: {e.Message}");
                return false;
            }
        }

        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            byte[] input = Mutator.Mutate(target, Mutator.Random(seed, i));
            Write(path, input);
            if (Complaint(path) is { } complaint)
            {
                string kept = Path.Combine(Path.GetTempPath(), $"zo-fuzz-{target.Name}-{seed}-{i}.bin");
                File.WriteAllBytes(kept, input);
                Console.Error.WriteLine($"{target.Name}: input {i} of seed {seed}, kept as {kept}: {complaint}");
                return false;
            }
        }

        if (before is not null)
        {
            File.WriteAllBytes(path, before);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name,-13} {count,9:N0} inputs  {_accepted,9:N0} read  {_kinds.Count,4} kinds of refusal  {_mostAllocated >> 10,7:N0} KiB at most  {_longest.TotalMilliseconds,6:F0} ms at most  {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
        return true;
    }

    // In place: some file systems flush a file to the disk that was emptied before, which takes ten times as long as all else here.
    private static void Write(string path, byte[] content)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(file, content, 0);
        RandomAccess.SetLength(file, content.Length);
    }

    private string? Complaint(string path)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        try
        {
            target.Read(path);
            _accepted++;
        }
        catch (InputException e)
        {
            _kinds.Add(Kind(e.Message.Replace(path, "", StringComparison.Ordinal)));
        }
        catch (Exception e)
        {
            return e.ToString();
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        _longest = time > _longest ? time : _longest;
        _mostAllocated = Math.Max(_mostAllocated, allocated);
        return time > LongestTime ? $"It took {time.TotalSeconds:F1} s." : allocated > MostBytes ? $"It allocated {allocated >> 20} MiB." : null;
    }

    // A sentence without what it quotes: numbers, quoted text and the words of file names.
    private static string Kind(string message) => Quoted().Replace(message, "#");

    [GeneratedRegex("""'[^']*'|"[^"]*"|\[[^\]]*\]|-?\d[\w.,]*|\b[0-9A-F]{2,}\b""")]
    private static partial Regex Quoted();
}
