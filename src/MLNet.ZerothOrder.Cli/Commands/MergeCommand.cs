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
            var shards = ShardMerge.Of(from);
            if (shards.Kind == "audit")
            {
                AuditResult audit = shards.MergeAudit(to);
                AuditCommand.Write(audit, to, parsed.GetValue(junit), parsed.GetValue(sarif));
                return AuditCommand.Show(audit, to, parsed.GetValue(json), session.Terminal);
            }

            if (parsed.FirstGiven(junit, sarif) is { } verdict)
            {
                throw new InputException($"{verdict.Name} is for the verdict of an audit, and these are shards of 'zo {shards.Kind}'; remove it.");
            }

            AttackResult result = shards.MergeAttack(to);
            ResultReport.Write(result, to);
            if (parsed.GetValue(json))
            {
                session.Terminal.Output.WriteLine(result.ToJson());
            }
            else
            {
                ResultTable.Write(result, to, session.Terminal);
            }

            result.Warnings.ToList().ForEach(session.Terminal.Warn);
            return ExitCode.Done;
        });
        return command;
    }
}
