using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// One of n equal parts of a run, for a machine of its own. Shard i of n takes every n-th image, beginning with the i-th: in a folder sorted by class, every shard then gets
/// images of all classes, which take different times. Shards know nothing of each other, and <see cref="ShardMerge"/> makes of them what one machine would have written.
/// </summary>
public sealed record Shard
{
    /// <summary>The word for a shard that the scheduler numbers.</summary>
    public const string Auto = "auto";

    /// <summary>The most shards of a run.</summary>
    public const int MostShards = 100_000;

    private const string SubFolder = "shards";

    /// <summary>Creates a shard.</summary>
    /// <param name="number">i, from 1 to n.</param>
    /// <param name="count">n, the number of shards.</param>
    /// <exception cref="InputException">There is no such shard.</exception>
    public Shard(int number, int count)
    {
        if (count is < 1 or > MostShards || number < 1 || number > count)
        {
            throw new InputException($"There is no shard {number}/{count}; give one from 1/N to N/N, such as 3/100.") { Argument = nameof(Shard) };
        }

        (Number, Count) = (number, count);
    }

    /// <summary>i, from 1.</summary>
    public int Number { get; }

    /// <summary>n, the number of shards.</summary>
    public int Count { get; }

    /// <summary>
    /// Reads <c>3/100</c>, or <c>auto</c> for the place of this process among the tasks of a Slurm, AWS Batch or Azure ML array, or <c>auto/100</c>, which states the number of shards. A Kubernetes
    /// Job tells its tasks no number, so it needs the latter; so does an array that is submitted again in part.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="variable">Gives the value of an environment variable; null for those of this process.</param>
    /// <exception cref="InputException">The text is none of these, or no variable tells the place of this process.</exception>
    public static Shard Parse(string text, Func<string, string?>? variable = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        int? count = parts.Length == 2 ? Integer(parts[1]) : null;
        if (parts.Length > 2 || (parts.Length == 2 && count is null) || (parts.Length == 1 && text != Auto) || (parts[0] != Auto && Integer(parts[0]) is null))
        {
            throw new InputException($"The shard is '{text}'; give i/n, such as 3/100, or auto, or auto/100.") { Argument = nameof(Shard) };
        }

        return parts[0] == Auto ? OfScheduler(count, variable ?? Environment.GetEnvironmentVariable) : new Shard(Integer(parts[0])!.Value, count!.Value);
    }

    /// <summary>The folder of this shard in the output folder of the whole run.</summary>
    public string FolderIn(string whole) => Path.Combine(FolderOfAll(whole), string.Create(CultureInfo.InvariantCulture, $"{Number:D3}-of-{Count:D3}"));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");

    /// <summary>The folder of the shards in the output folder of the whole run.</summary>
    internal static string FolderOfAll(string whole) => Path.Combine(whole, SubFolder);

    /// <summary>Removes the folders above a shard's, if nothing is in them.</summary>
    internal static void DeleteIfEmpty(string folder)
    {
        string? above = Path.GetDirectoryName(Path.GetFullPath(folder));
        for (int level = 0; level < 2 && above is not null && Directory.Exists(above) && !Directory.EnumerateFileSystemEntries(above).Any(); level++)
        {
            Directory.Delete(above);
            above = Path.GetDirectoryName(above);
        }
    }

    /// <summary>Whether the image at this place of the whole run, counted from 0, belongs to the shard.</summary>
    public bool Holds(int index) => index % Count == Number - 1;

    private static int? Integer(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static Shard OfScheduler(int? stated, Func<string, string?> variable)
    {
        int? Of(string name) => variable(name) is not { Length: > 0 } text ? null
            : Integer(text) ?? throw new InputException($"{name} is '{text}', which is no number; give the shard as i/n.") { Argument = nameof(Shard) };
        bool azure = variable("AZUREML_RUN_ID") is { Length: > 0 };
        (string Name, int? Place, int First, string CountName, int? Count)[] schedulers =
        [
            // With a stated number, a part of the tasks may be submitted again, so that the smallest number of the array means nothing.
            ("SLURM_ARRAY_TASK_ID", Of("SLURM_ARRAY_TASK_ID"), stated is null ? Of("SLURM_ARRAY_TASK_MIN") ?? 1 : 1, "SLURM_ARRAY_TASK_COUNT", Of("SLURM_ARRAY_TASK_COUNT")),
            ("JOB_COMPLETION_INDEX", Of("JOB_COMPLETION_INDEX"), 0, "", null),
            ("AWS_BATCH_JOB_ARRAY_INDEX", Of("AWS_BATCH_JOB_ARRAY_INDEX"), 0, "AWS_BATCH_JOB_ARRAY_SIZE", Of("AWS_BATCH_JOB_ARRAY_SIZE")),
            ("RANK", azure ? Of("RANK") : null, 0, "WORLD_SIZE", Of("WORLD_SIZE")),
            ("OMPI_COMM_WORLD_RANK", azure ? Of("OMPI_COMM_WORLD_RANK") : null, 0, "OMPI_COMM_WORLD_SIZE", Of("OMPI_COMM_WORLD_SIZE")),
        ];
        (string name, int? place, int first, string countName, int? counted) = schedulers.FirstOrDefault(scheduler => scheduler.Place is not null);
        if (place is null)
        {
            throw new InputException(
                "The shard is auto, but no scheduler tells this process its place (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, or RANK of Azure ML); give it as i/n, such as 3/100.") { Argument = nameof(Shard) };
        }

        if ((stated ?? counted) is not { } count)
        {
            throw new InputException($"The shard is auto, and {name} is {place}, but {(countName.Length > 0 ? $"{countName} is not set" : "nothing tells how many shards there are")}; give auto/n, such as auto/100.") { Argument = nameof(Shard) };
        }

        int number = place.Value - first + 1;
        return number >= 1 && number <= count ? new Shard(number, count)
            : throw new InputException($"The shard is auto, but {name} = {place} is none of {count} tasks counted from {first}; number the tasks without gaps, or give the shard as i/n.") { Argument = nameof(Shard) };
    }
}
