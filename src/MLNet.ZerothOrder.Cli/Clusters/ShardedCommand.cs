using System.CommandLine;
using System.CommandLine.Parsing;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The command that a cluster runs once for each shard, as it is given behind <c>--</c>.</summary>
/// <param name="Args">Its command line, without <c>--shard</c>.</param>
/// <param name="Output">Its output folder.</param>
/// <param name="Shards">The number of shards.</param>
internal sealed record ShardedCommand(string[] Args, string Output, int Shards)
{
    private static readonly string[] Sharded = ["attack", "compare", "audit"];

    public static Argument<string[]> Argument() => new("COMMAND") { Description = "The command to run once for each shard, behind --, such as -- audit --images val --epsilon 4/255 --out OUT.", Arity = ArgumentArity.ZeroOrMore };

    public static Option<int?> Count() => Numbers.Int("--shards", "The number of shards, each a task of its own.", "N", 1, Shard.MostShards);

    /// <summary>Checks the command before a cluster runs it many times.</summary>
    /// <exception cref="InputException">It is not one that takes --shard, is wrong, or lacks --out.</exception>
    public static ShardedCommand Of(Session session, ParseResult parsed, Argument<string[]> argument, Option<int?> count)
    {
        string[] args = parsed.GetValue(argument) ?? [];
        int shards = parsed.GetValue(count) ?? throw new InputException("--shards is missing; write --shards N, the number of tasks.");
        if (args is not [var name, ..])
        {
            throw new InputException("The command to run is missing; give it behind --, such as -- audit --images val --epsilon 4/255 --out OUT.");
        }

        if (!Sharded.Contains(name))
        {
            throw new InputException($"'zo {name}' has no shards; give one of {string.Join(", ", Sharded)} behind --.");
        }

        if (ShardOption.Without(args).Length != args.Length)
        {
            throw new InputException("--shard is added for each task; remove it.");
        }

        if (Application.UsageErrorOf(session with { Args = args }) is { } wrong)
        {
            throw new InputException(wrong);
        }

        Option<string> output = new("--out");
        var bare = new Command("zo") { TreatUnmatchedTokensAsErrors = false };
        bare.Options.Add(output);
        return bare.Parse(args, Application.Parser).GetValue(output) is { } folder ? new ShardedCommand(args, folder, shards)
            : throw new InputException("The command behind -- needs --out, the output folder that all shards share; add it.");
    }

    /// <summary>Words as a shell reads them.</summary>
    public static string Quoted(IEnumerable<string> words) => new Session([.. words], null!, default).CommandText["zo ".Length..];
}
