using System.CommandLine;
using System.Text.RegularExpressions;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo kubernetes</c>.</summary>
internal static partial class KubernetesCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("kubernetes", "Runs the shards of a run as a Job of Kubernetes.");
        command.Subcommands.Add(Manifest(session));
        command.ExplainAlone(session);
        return command;
    }

    private static Command Manifest(Session session)
    {
        var command = new Command("manifest", "Prints an Indexed Job with a pod for each shard, for 'kubectl apply -f -'. Behind --, 'merge OUT' gives the Job that merges them.");
        Option<int?> shards = ShardedCommand.Count();
        var image = new Option<string>("--image") { Description = "The container image of zo, as docs/scaling.md builds it.", HelpName = "IMAGE" };
        var volume = new Option<string>("--volume") { Description = "The persistent volume claim that all pods share, and where they find it, such as zo-data:/data. Images, model and --out are on it.", HelpName = "CLAIM:PATH" };
        var name = new Option<string>("--name") { Description = "The name of the Job (default: zo-COMMAND).", HelpName = "NAME" };
        var parallelism = Numbers.Int("--parallelism", "The most pods at a time (default: all).", "N", 1, Shard.MostShards);
        var gpus = Numbers.Int("--gpus", "GPUs for each pod (default: 0). Then give --device cuda behind --.", "N", 0, 64);
        var cpu = new Option<string>("--cpu") { Description = "CPUs for each pod, such as 4 or 500m (default: no request).", HelpName = "CPU" };
        var memory = new Option<string>("--memory") { Description = "Memory for each pod, such as 8Gi (default: no request).", HelpName = "MEMORY" };
        Argument<string[]> argument = ShardedCommand.Argument();
        command.Add([shards, image, volume, name, parallelism, gpus, cpu, memory]);
        command.Arguments.Add(argument);
        command.SetAction(parsed =>
        {
            string[] args = parsed.GetValue(argument) ?? [];
            bool merges = args is ["merge", ..];
            if (merges && parsed.GetValue(shards) is not null)
            {
                throw new InputException("--shards is for the command that makes shards, not for 'zo merge'; remove it.");
            }

            ShardedCommand? sharded = merges ? null : ShardedCommand.Of(session, parsed, argument, shards);
            if (merges && Application.UsageErrorOf(session with { Args = args }) is { } wrong)
            {
                throw new InputException(wrong);
            }

            string on = parsed.GetValue(image) ?? throw new InputException("--image is missing; write --image IMAGE, the container image of zo.");
            if ((parsed.GetValue(volume) ?? throw new InputException("--volume is missing; write --volume CLAIM:PATH, such as zo-data:/data.")).Split(':') is not [var claim, ['/', ..] path] || !Label().IsMatch(claim))
            {
                throw new InputException($"--volume is '{parsed.GetValue(volume)}'; give a claim and an absolute path, such as zo-data:/data.");
            }

            string output = sharded?.Output ?? args.Skip(1).FirstOrDefault(word => !word.StartsWith('-')) ?? "";
            if (!(output + "/").StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal))
            {
                throw new InputException($"The output folder {output} is not on the shared volume {path}, so its files would be lost with the pod; name one below {path}.");
            }

            string job = parsed.GetValue(name) ?? $"zo-{args[0]}";
            if (!Label().IsMatch(job))
            {
                throw new InputException($"--name is '{job}'; give lower-case letters, digits and hyphens, at most 63.");
            }

            foreach ((Option<string> option, Regex valid, string right) in new[] { (cpu, Cpu(), "such as 4 or 500m"), (memory, Memory(), "such as 8Gi") })
            {
                if (parsed.GetValue(option) is { } amount && !valid.IsMatch(amount))
                {
                    throw new InputException($"{option.Name} is '{amount}'; give an amount {right}.");
                }
            }

            session.Terminal.Output.Write(new KubernetesJob(job, on, args, sharded?.Shards, parsed.GetValue(parallelism) ?? Shard.MostShards, claim, path)
            {
                Gpus = parsed.GetValue(gpus) ?? 0,
                Cpu = parsed.GetValue(cpu),
                Memory = parsed.GetValue(memory),
            }.ToYaml());
            return ExitCode.Done;
        });
        return command;
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex(@"^\d+(\.\d+|m)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Cpu();

    [GeneratedRegex(@"^\d+(Ki|Mi|Gi|Ti|k|M|G|T)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Memory();
}
