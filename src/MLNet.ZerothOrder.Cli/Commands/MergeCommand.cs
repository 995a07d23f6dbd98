using System.CommandLine;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo merge</c>.</summary>
internal static class MergeCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("merge", "Makes the result and the report of a whole run of its shards, as one machine would have written them.");
        var folders = new Argument<string[]>("OUT") { Description = "The output folder of the run, or several folders that hold its shards.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The folder of the whole result (default: the first OUT).", HelpName = "DIR" };
        var junit = new Option<string>("--junit") { Description = "Also write the verdict of an audit as JUnit XML, for build servers.", HelpName = "F.xml" };
        var sarif = new Option<string>("--sarif") { Description = "Also write the verdict of an audit as SARIF 2.1.0, for code scanning.", HelpName = "F.sarif" };
        var json = new Option<bool>("--json") { Description = "Print the result document on standard output, and nothing else." };
        command.Arguments.Add(folders);
        command.Add([output, junit, sarif, json]);
        command.SetAction(parsed =>
        {
            string[] from = parsed.GetValue(folders)!;
            string to = parsed.GetValue(output) ?? from[0];
            return Merge(session, from, to, parsed.GetValue(junit), parsed.GetValue(sarif), parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Merges shards, writes the report, and prints the result.</summary>
    public static int Merge(Session session, IReadOnlyList<string> from, string to, string? junit, string? sarif, bool json)
    {
        Terminal terminal = session.Terminal;
        var shards = ShardMerge.Of(from);
        if (shards.Kind == "audit")
        {
            AuditResult audit = shards.MergeAudit(to);
            AuditCommand.Write(audit, to, junit, sarif);
            return AuditCommand.Show(audit, to, json, terminal);
        }

        if ((junit ?? sarif) is not null)
        {
            throw new InputException($"--junit and --sarif are for the verdict of an audit, and these are shards of 'zo {shards.Kind}'; remove them.");
        }

        AttackResult result = shards.MergeAttack(to);
        ResultReport.Write(result, to);
        if (json)
        {
            terminal.Output.WriteLine(result.ToJson());
        }
        else
        {
            ResultTable.Write(result, to, terminal);
        }

        result.Warnings.ToList().ForEach(terminal.Warn);
        return ExitCode.Done;
    }
}
