using System.Diagnostics;
using System.Globalization;

namespace MLNet.ZerothOrder.Cli;

/// <summary>An array job of Slurm, each of whose tasks runs a shard.</summary>
internal static class SlurmJob
{
    // A shard that is killed again and again, such as for lack of memory, ends.
    private const int MostRestarts = 20;

    /// <summary>The folder for the logs of the tasks and the number of the job, in the output folder.</summary>
    public static string FolderIn(string output) => Path.Combine(output, "slurm");

    /// <summary>The batch script.</summary>
    /// <param name="command">The command.</param>
    /// <param name="tasks">The numbers of the shards to run.</param>
    /// <param name="options">Further long options of sbatch, without their dashes.</param>
    /// <param name="zo">The words that start zo.</param>
    /// <param name="variables">The environment variables that zo needs.</param>
    public static string Script(ShardedCommand command, IReadOnlyList<int> tasks, IEnumerable<string> options, IEnumerable<string> zo, IEnumerable<(string Name, string Value)> variables)
    {
        string logs = Path.Combine(Path.GetFullPath(FolderIn(command.Output)), "%a.log");
        logs = logs.Any(char.IsWhiteSpace) ? $"\"{logs}\"" : logs;
        string run = ShardedCommand.Quoted([.. zo, .. command.Args, "--shard", $"{Shard.Auto}/{command.Shards}"]);
        return $"""
            #!/bin/bash
            #SBATCH --job-name=zo-{command.Args[0]}
            #SBATCH --array={Ranges(tasks)}
            #SBATCH --requeue
            #SBATCH --open-mode=append
            #SBATCH --output={logs}
            {string.Concat(options.Select(option => $"#SBATCH --{option}\n"))}
            cd {ShardedCommand.Quoted([Path.GetFullPath(".")])} || exit 2
            {string.Concat(variables.Select(variable => $"export {variable.Name}={ShardedCommand.Quoted([variable.Value])}\n"))}
            echo "node: $SLURMD_NODENAME"

            # Slurm signals this script, which hands it on, so that zo writes a last checkpoint.
            trap 'kill -TERM "$task" 2>/dev/null' TERM INT
            {run} &
            task=$!
            wait "$task"; code=$?
            while kill -0 "$task" 2>/dev/null; do wait "$task"; code=$?; done

            # 3: interrupted. Above 128: killed. Slurm starts the task anew, and zo resumes it from its checkpoint.
            if [ "$code" = 3 ] || [ "$code" -gt 128 ]; then
              [ "$SLURM_RESTART_COUNT" -lt {MostRestarts} ] 2>/dev/null || [ -z "$SLURM_RESTART_COUNT" ] && scontrol requeue "$SLURM_JOB_ID"
            fi
            exit "$code"

            """.ReplaceLineEndings("\n").Replace("\n\n\n", "\n\n");
    }

    /// <summary>Submits a script, and returns the number of the job.</summary>
    /// <exception cref="InputException">Slurm is not here, or refuses.</exception>
    public static string Submit(string script)
    {
        string output = Ask("sbatch", ["--parsable"], script, "run this where jobs are submitted, or print the script with --dry-run");
        return output.Trim().Split(';')[0];
    }

    /// <summary>The states of the tasks that are in the queue or run, by the number of the shard.</summary>
    public static IReadOnlyDictionary<int, string> States(string job)
    {
        string output;
        try
        {
            output = Ask("squeue", ["--noheader", "--array", "--format=%K %T", $"--jobs={job}"], null, "run this where jobs are submitted");
        }
        catch (InputException e) when (e.Message.Contains("Invalid job id", StringComparison.Ordinal))
        {
            // Slurm forgets jobs some minutes after their end.
            return new Dictionary<int, string>();
        }

        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(' '))
            .Where(words => words.Length == 2 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .GroupBy(words => int.Parse(words[0], CultureInfo.InvariantCulture)).ToDictionary(group => group.Key, group => group.First()[1].ToLowerInvariant());
    }

    /// <summary>Numbers as ranges, such as <c>1-3,7</c>.</summary>
    public static string Ranges(IReadOnlyList<int> numbers)
    {
        var ranges = new List<string>();
        for (int i = 0; i < numbers.Count;)
        {
            int end = i;
            while (end + 1 < numbers.Count && numbers[end + 1] == numbers[end] + 1)
            {
                end++;
            }

            ranges.Add(end == i ? $"{numbers[i]}" : $"{numbers[i]}-{numbers[end]}");
            i = end + 1;
        }

        return string.Join(',', ranges);
    }

    private static string Ask(string program, string[] args, string? input, string remedy)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InputException($"{program} failed ({error.Result.Trim().ReplaceLineEndings(" ").TrimEnd('.')}); {remedy}.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InputException($"{program} of Slurm is not on the PATH; {remedy}.");
        }
    }
}
