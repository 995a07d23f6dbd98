namespace MLNet.ZerothOrder;

/// <summary>The state that an interrupted run needs to resume bit for bit, and its file (<see cref="CheckpointEnvelope"/>).</summary>
public sealed record Checkpoint
{
    private const int LargestText = 1 << 20;

    /// <summary>Everything that determines the run, by name.</summary>
    public required RunIdentity Identity { get; init; }

    /// <summary>The arguments with which the caller can create the run again.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The folder in which the run started. Relative paths refer to it.</summary>
    public required string Folder { get; init; }

    /// <summary>The run's time so far.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>The part of <see cref="Time"/> inside the oracle.</summary>
    public required TimeSpan OracleTime { get; init; }

    /// <summary>Rows that were answered outside the problems.</summary>
    public required int AnsweredRows { get; init; }

    /// <summary>The scores of these rows, in the order of the queries.</summary>
    public required float[] Answers { get; init; }

    /// <summary>The problems of each run.</summary>
    internal IReadOnlyList<IReadOnlyList<ISavedProblem>> Runs { get; init; } = [];

    /// <summary>Queries whose answers the checkpoint contains: those of the problems' records, and those outside the problems.</summary>
    public long Queries => AnsweredRows + Runs.Sum(run => run.Sum(problem => problem.Charged));

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="InputException">The file is missing, not a run's checkpoint, damaged, or of another version of the format.</exception>
    public static Checkpoint Read(string path) =>
        CheckpointEnvelope.Read(path, CheckpointKind.Run, (content, length) => Read(new CheckpointReader(content, length, path)));

    /// <summary>Writes the checkpoint atomically.</summary>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public void Write(string path) => CheckpointEnvelope.Write(path, CheckpointKind.Run, content => Write(new CheckpointWriter(content)));

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
        foreach (IReadOnlyList<ISavedProblem> run in Runs)
        {
            writer.Int(run.Count);
            foreach (ISavedProblem problem in run)
            {
                problem.WriteTo(writer);
            }
        }
    }

    private static Checkpoint Read(CheckpointReader reader)
    {
        var identity = new RunIdentity();
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

        var runs = new SavedRecord[reader.Count(4)][];
        for (int r = 0; r < runs.Length; r++)
        {
            runs[r] = new SavedRecord[reader.Count(4)];
            for (int p = 0; p < runs[r].Length; p++)
            {
                byte[] record = reader.Array<byte>();
                runs[r][p] = record.Length is 0 or >= sizeof(long) ? new SavedRecord(record) : throw reader.Damaged("a record is too short");
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

    private static string Text(CheckpointReader reader) => reader.Text() is { Length: <= LargestText } text ? text : throw reader.Damaged("a text in it is too long");

    private static TimeSpan Duration(CheckpointReader reader) => reader.Long() is >= 0 and var ticks ? new TimeSpan(ticks) : throw reader.Damaged("a time in it is below 0");
}
