using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MLNet.ZerothOrder;

/// <summary>
/// What an interrupted run needs to go on bit for bit, and its file: a head of magic, version, length and SHA-256, then the content in
/// the machine's byte order (little-endian on all that .NET runs on here). A file that was cut off or changed is never gone on from.
/// </summary>
public sealed record Checkpoint
{
    private const uint Version = 1;
    private const int HeadLength = 8 + 4 + 8 + 32;
    private const int LargestText = 1 << 20;

    /// <summary>All that shapes the run, by name.</summary>
    public required IReadOnlyDictionary<string, string> Identity { get; init; }

    /// <summary>What the caller needs to build the run again.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The folder in which the run began, which relative paths start from.</summary>
    public required string Folder { get; init; }

    /// <summary>The run's time so far.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>The part of it inside the oracle.</summary>
    public required TimeSpan OracleTime { get; init; }

    /// <summary>Rows answered outside the problems.</summary>
    public required int AnsweredRows { get; init; }

    /// <summary>Their scores, in the order in which they were asked.</summary>
    public required float[] Answers { get; init; }

    /// <summary>One record per problem, by run; null for one that has no step behind it.</summary>
    internal IReadOnlyList<byte[]?[]> Runs { get; init; } = [];

    /// <summary>Queries that are answered for good: those of the problems' records, and those outside the problems.</summary>
    public long Queries => AnsweredRows + Runs.Sum(run => run.Sum(record => record is null ? 0 : Problem.ChargedIn(record)));

    private static ReadOnlySpan<byte> Magic => "zo run\r\n"u8;

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InputException">It is none, damaged, or of another version of the format.</exception>
    public static Checkpoint Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            Span<byte> head = stackalloc byte[HeadLength];
            int got = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
            if (got < Magic.Length || !head[..Magic.Length].SequenceEqual(Magic))
            {
                throw new InputException($"{path} is not a run's checkpoint; remove it and start anew.");
            }

            uint version = got < 12 ? Version : BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            if (version != Version)
            {
                throw new InputException($"Checkpoint {path} is in version {version} of its format, this program reads version {Version}; finish the run with the program that began it, or start anew.");
            }

            long length = stream.Length - HeadLength;
            if (got < HeadLength || BinaryPrimitives.ReadInt64LittleEndian(head[12..]) != length)
            {
                throw new InputException($"Checkpoint {path} is damaged (its length is not what its head says); remove it and start anew.");
            }

            if (!SHA256.HashData(stream).AsSpan().SequenceEqual(head[20..]))
            {
                throw new InputException($"Checkpoint {path} does not match its checksum; it was changed or damaged, so remove it and start anew.");
            }

            stream.Position = HeadLength;
            return Read(new CheckpointReader(stream, length, path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"Checkpoint {path} cannot be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); mend that, or remove it and start anew.", e);
        }
    }

    /// <summary>Writes the checkpoint, or replaces it as a whole.</summary>
    /// <exception cref="IOException">The file cannot be written; what stood there is untouched.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        // The head is written last, once length and checksum are known; the file is not in its place until then.
        stream.Write(new byte[HeadLength]);
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var buffered = new BufferedStream(hashing, 1 << 16))
        {
            Write(new CheckpointWriter(buffered));
        }

        Span<byte> head = stackalloc byte[HeadLength];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[12..], stream.Length - HeadLength);
        hash.Hash!.CopyTo(head[20..]);
        stream.Position = 0;
        stream.Write(head);
    });

    /// <summary>Fails where a run is not the one that this checkpoint is of.</summary>
    /// <exception cref="InputException">The message names the first difference.</exception>
    public void ThrowIfOther(IReadOnlyDictionary<string, string> identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        foreach (string name in Identity.Keys.Union(identity.Keys).Order(StringComparer.Ordinal))
        {
            string then = Identity.GetValueOrDefault(name, "nothing");
            string now = identity.GetValueOrDefault(name, "nothing");
            if (then != now)
            {
                throw new InputException($"The run was begun with {name} = {then}, which is now {now}; bring back what it was begun with, or start anew.");
            }
        }
    }

    private void Write(CheckpointWriter writer)
    {
        writer.Int(Identity.Count);
        foreach ((string name, string value) in Identity)
        {
            writer.Text(name);
            writer.Text(value);
        }

        writer.Int(Arguments.Count);
        foreach (string word in Arguments)
        {
            writer.Text(word);
        }

        writer.Text(Folder);
        writer.Long(Time.Ticks);
        writer.Long(OracleTime.Ticks);
        writer.Int(AnsweredRows);
        writer.Array<float>(Answers);
        writer.Int(Runs.Count);
        foreach (byte[]?[] run in Runs)
        {
            writer.Int(run.Length);
            foreach (byte[]? record in run)
            {
                writer.Array<byte>(record);
            }
        }
    }

    private static Checkpoint Read(CheckpointReader reader)
    {
        var identity = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int count = reader.Count(8); count > 0; count--)
        {
            string name = Text(reader);
            if (!identity.TryAdd(name, Text(reader)))
            {
                throw reader.Damaged("it names an option twice");
            }
        }

        var command = new string[reader.Count(4)];
        for (int i = 0; i < command.Length; i++)
        {
            command[i] = Text(reader);
        }

        string folder = Text(reader);
        TimeSpan time = Duration(reader);
        TimeSpan oracleTime = Duration(reader);
        int rows = reader.Int();
        float[] answers = reader.Array<float>();
        if (rows < 0 || rows > answers.Length || (rows == 0 ? answers.Length > 0 : answers.Length % rows != 0) || !Array.TrueForAll(answers, float.IsFinite))
        {
            throw reader.Damaged("its answers are not scores");
        }

        var runs = new byte[]?[reader.Count(4)][];
        for (int r = 0; r < runs.Length; r++)
        {
            runs[r] = new byte[]?[reader.Count(4)];
            for (int p = 0; p < runs[r].Length; p++)
            {
                byte[] record = reader.Array<byte>();
                runs[r][p] = record.Length == 0 ? null : record.Length >= sizeof(long) ? record : throw reader.Damaged("a record is too short");
            }
        }

        reader.End();
        return new Checkpoint
        {
            Identity = identity,
            Arguments = command,
            Folder = folder,
            Time = time,
            OracleTime = oracleTime,
            AnsweredRows = rows,
            Answers = answers,
            Runs = runs,
        };
    }

    private static string Text(CheckpointReader reader) => reader.Text() is { Length: <= LargestText } text ? text : throw reader.Damaged("a text in it is longer than any");

    private static TimeSpan Duration(CheckpointReader reader) => reader.Long() is >= 0 and var ticks ? new TimeSpan(ticks) : throw reader.Damaged("a time in it is below 0");
}
