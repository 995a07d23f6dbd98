using System.CommandLine;
using System.CommandLine.Parsing;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The option for a part of a run, and its place in the output folder.</summary>
internal sealed class ShardOption(string? description = null)
{
    private const string Name = "--shard";

    public Option<string> Option { get; } = new(Name)
    {
        Description = description ?? "Do only this part of the images, such as 3/100, for 'zo merge' to join: every 100th image, beginning with the third. auto takes the place among the tasks of a Slurm, AWS Batch or "
            + "Azure ML array, and auto/100 also that in a Kubernetes Job. An interrupted shard is resumed by the same command, and a finished one is kept (default: all images).",
        HelpName = "I/N|auto",
    };

    /// <summary>The shard; null for all images.</summary>
    public Shard? Of(ParseResult parsed) => parsed.GetValue(Option) is { } text ? Shard.Parse(text) : null;

    /// <summary>The folder of a shard in that of the whole run.</summary>
    public static string Folder(Shard shard, string? output) => shard.FolderIn(
        output ?? throw new InputException("--shard needs --out, the output folder of the whole run, which is the same for all shards; name it."));

    /// <summary>The command line of the whole run.</summary>
    public static string[] Without(IReadOnlyList<string> args) => Replace(args, null);

    /// <summary>The command line with a shard in the place of the given one.</summary>
    public static string[] Replace(IReadOnlyList<string> args, Shard? shard)
    {
        var words = new List<string>();
        for (int i = 0; i < args.Count; i++)
        {
            bool alone = args[i] == Name;
            if (!alone && !args[i].StartsWith(Name + "=", StringComparison.Ordinal) && !args[i].StartsWith(Name + ":", StringComparison.Ordinal))
            {
                words.Add(args[i]);
                continue;
            }

            words.AddRange(shard is null ? [] : [Name, shard.ToString()]);
            i += alone ? 1 : 0;
        }

        return [.. words];
    }
}
