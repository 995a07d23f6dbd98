using System.CommandLine;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo slurm</c>.</summary>
internal static class SlurmCommand
{
    // A task finds the project and the data where the person who submits it does.
    private static readonly string[] InheritedVariables = ["ZO_HOME", "ZO_DATA"];

    public static Command Create(Session session)
    {
        var command = new Command("slurm", "Runs the shards of a run as an array job of Slurm.");
        command.Subcommands.Add(Submit(session));
        command.Subcommands.Add(Status(session));
        command.ExplainAlone(session);
        return command;
    }

    private static Command Submit(Session session)
    {
        var command = new Command("submit", "Writes and submits an array job with a task for each shard. A killed or preempted task is queued again and resumes. Submitted again, only unfinished shards run.");
        Option<int?> shards = ShardedCommand.Count();
        var sbatch = new Option<string>("--sbatch") { Description = "Further long options of sbatch, without their dashes, such as \"partition=gpu gpus=1 cpus-per-task=8 time=24:00:00\".", HelpName = "OPTIONS" };
        var dry = new Option<bool>("--dry-run") { Description = "Print the script, and submit nothing." };
        Argument<string[]> argument = ShardedCommand.Argument();
        command.Add([shards, sbatch, dry]);
        command.Arguments.Add(argument);
        command.SetAction(parsed =>
        {
            var sharded = ShardedCommand.Of(session, parsed, argument, shards);
            (int Count, IReadOnlyList<int> Finished, IReadOnlyList<int> Started)? there = ShardMerge.Progress(sharded.Output);
            if (there is { Count: var count } && count != sharded.Shards)
            {
                throw new InputException($"{sharded.Output} holds {count} shards of a run, not {sharded.Shards}; give --shards {count}, or another --out.");
            }

            int[] tasks = [.. Enumerable.Range(1, sharded.Shards).Except(there?.Finished ?? [])];
            if (tasks.Length == 0)
            {
                session.Terminal.Note($"All {sharded.Shards} shards in {sharded.Output} are finished; 'zo merge {sharded.Output}' makes the whole.");
                return ExitCode.Done;
            }

            string[] options = (parsed.GetValue(sbatch) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Array.Find(options, option => !option.All(c => char.IsAsciiLetterOrDigit(c) || "-_=:,.@+/%[]*&|!".Contains(c)) || option.StartsWith('-')) is { } word)
            {
                throw new InputException($"--sbatch has '{word}'; give long options without dashes, their values behind =, such as partition=gpu.");
            }

            string script = SlurmJob.Script(sharded, tasks, options, Self(), Variables());
            if (parsed.GetValue(dry))
            {
                session.Terminal.Output.Write(script);
                return ExitCode.Done;
            }

            string folder = SlurmJob.FolderIn(sharded.Output);
            ResultFolder.EnsureWritable(folder);
            File.WriteAllText(Path.Combine(folder, "job.sh"), script);
            string job = SlurmJob.Submit(script);
            File.WriteAllText(Path.Combine(folder, "job"), job);
            session.Terminal.Output.WriteLine($"Job {job}: {tasks.Length} tasks. 'zo slurm status {sharded.Output}' tells how far they are, and merges them at the end.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Status(Session session)
    {
        var command = new Command("status", "Tells how far the shards are, and merges them when all are finished. The exit code is 3 as long as some are not.");
        var folder = new Argument<string>("OUT") { Description = "The output folder of the run." };
        command.Arguments.Add(folder);
        command.SetAction(parsed =>
        {
            string output = parsed.GetValue(folder)!;
            string file = Path.Combine(SlurmJob.FolderIn(output), "job");
            string job = File.Exists(file) ? File.ReadAllText(file).Trim()
                : throw new InputException($"{output} holds no job of 'zo slurm submit'; give the --out of its command.");
            if (ShardMerge.Progress(output) is { } progress && progress.Finished.Count == progress.Count)
            {
                return MergeCommand.Merge(session, [output], output, null, null, json: false);
            }

            IReadOnlyDictionary<int, string> states = SlurmJob.States(job);
            (int Count, IReadOnlyList<int> Finished, IReadOnlyList<int> Started) = ShardMerge.Progress(output) ?? (0, [], []);
            TextWriter text = session.Terminal.Output;
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Job {job}: {Finished.Count} of {(Count > 0 ? Count : states.Count)} shards are finished, {ShardMerge.Queries(output):N0} queries so far."));
            foreach (IGrouping<string, int> state in states.Where(pair => !Finished.Contains(pair.Key)).GroupBy(pair => pair.Value, pair => pair.Key))
            {
                text.WriteLine($"  {state.Key}: {SlurmJob.Ranges([.. state.Order()])}");
            }

            int[] ended = [.. Enumerable.Range(1, Count).Except(Finished).Except(states.Keys)];
            if (ended.Length > 0)
            {
                session.Terminal.Fail($"Shards {SlurmJob.Ranges(ended)} ended without a result; see {Path.Combine(SlurmJob.FolderIn(output), $"{ended[0]}.log")}, and submit the command again, which runs only them.");
            }

            return ExitCode.Interrupted;
        });
        return command;
    }

    // dotnet zo.dll, or the program of an installed tool.
    private static string[] Self() => Environment.ProcessPath is { } program && Path.GetFileNameWithoutExtension(program) == "zo" ? [program] : ["dotnet", typeof(SlurmCommand).Assembly.Location];

    private static (string, string)[] Variables() =>
        [.. from name in InheritedVariables let value = Environment.GetEnvironmentVariable(name) ?? "" where value.Length > 0 select (name, value)];
}
