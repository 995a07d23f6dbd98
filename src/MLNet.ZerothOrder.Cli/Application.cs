using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The command line: commands, exit codes, and one sentence per error.</summary>
internal static class Application
{
    // Longer lines are hard to read in a file or a pager.
    private const int HelpWidth = 100;

    // The options of the command line for the arguments that libraries name in errors.
    private static readonly Dictionary<string, string> OptionOf = new()
    {
        ["Budget"] = "--budget",
        ["CertificateFile"] = "--ca",
        ["Classes"] = "--classes",
        ["Constraints"] = "--constraints",
        ["Dataset"] = "'zo data', --data",
        ["Encoding"] = "zo inspect",
        ["BisectionRounds"] = "--distortion-weight",
        ["Epsilon"] = "--epsilon",
        ["Fit"] = "--fit",
        ["FlaggedCost"] = "--flagged-cost",
        ["Folder"] = "--out",
        ["Headers"] = "--header",
        ["Images"] = "--images",
        ["Label"] = "--label",
        ["Labels"] = "--labels",
        ["MinAccuracy"] = "--min-accuracy",
        ["Model"] = "--model",
        ["Models"] = "reinstall zo",
        ["Norm"] = "--norm",
        ["Optimizer"] = "--optimizer",
        ["Output"] = "--output",
        ["Pixels"] = "--sparse",
        ["PixelEncoding"] = "--pixels",
        ["RecordFile"] = "--record",
        ["ReplayFile"] = "--replay",
        ["RequestFile"] = "--request",
        ["Resize"] = "--resize",
        ["ResponsePath"] = "--response",
        ["Resume"] = "--resume",
        ["Runs"] = "--runs",
        ["Scores"] = "--scores",
        ["Settings"] = "'zo tune', --settings",
        ["Shape"] = "--shape",
        ["Shard"] = "--shard",
        ["Target"] = "--target",
        ["Validation"] = "--count, --validation",
    };

    // In the order of the help.
    private static readonly OrderedDictionary<string, Func<Session, Command>> Commands = new()
    {
        ["attack"] = AttackCommand.Create,
        ["compare"] = CompareCommand.Create,
        ["audit"] = AuditCommand.Create,
        ["merge"] = MergeCommand.Create,
        ["slurm"] = SlurmCommand.Create,
        ["kubernetes"] = KubernetesCommand.Create,
        ["tune"] = TuneCommand.Create,
        ["train"] = TrainCommand.Create,
        ["report"] = ReportCommand.Create,
        ["experiment"] = ExperimentCommand.Create,
        ["inspect"] = InspectCommand.Create,
        ["data"] = DataCommand.Create,
        ["bench"] = BenchCommand.Create,
    };

    internal static ParserConfiguration Parser { get; } = new() { ResponseFileTokenReplacer = null };

    public static string Version { get; } = typeof(Application).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static int Run(Session session)
    {
        Terminal terminal = session.Terminal;
        ParseResult parsed = Parse(session);
        if (UsageError.Of(parsed) is { } usage)
        {
            terminal.Fail(usage);
            return ExitCode.BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Output,
                Error = terminal.Error,
            });
        }
        catch (InputException e)
        {
            terminal.Fail(e.Argument is { } argument && OptionOf.TryGetValue(argument, out string? option) ? $"{e.Message.TrimEnd('.')} ({option})." : e.Message);
            return ExitCode.BadInput;
        }
        catch (OracleException e)
        {
            terminal.Fail(e.Message);
            return ExitCode.OracleFailed;
        }
        catch (OperationCanceledException e)
        {
            // Without the user's interruption it was the limit of the cost, whose message says so.
            terminal.Fail(session.Cancellation.IsCancellationRequested ? "Interrupted." : e.Message);
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Fail($"A file could not be written ({e.Message.TrimEnd('.')}); free some space or fix the permissions, and run the command again.");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            terminal.Fail("This is a defect of zo; please report it with the command and the lines below.");
            terminal.Error.WriteLine(e);
            return ExitCode.Defect;
        }
    }

    /// <summary>The error in a command line, without running it; null if it is valid.</summary>
    public static string? UsageErrorOf(Session session) => UsageError.Of(Parse(session));

    /// <summary>Makes a command that only has sub-commands print its help when it is given alone.</summary>
    public static void ExplainAlone(this Command command, Session session)
    {
        HelpAction help = Help(session);
        command.SetAction(help.Invoke);
    }

    private static ParseResult Parse(Session session) => Root(session).Parse(session.Args, Parser);

    private static RootCommand Root(Session session)
    {
        RootCommand root = new("""
            zo — finds adversarial examples for ONNX classifiers that can only be queried,
            and counts every query.

            zo attack                            20 generated digits, bundled classifier
            zo attack --model M.onnx --images D  your classifier, your images
            zo compare --optimizers zo-sgd,zo-adam
            zo train --out F.onnx                learn an optimizer for your classifier
            zo report out/x/result.json          the report of a run once more
            zo inspect M.onnx                    what a model takes, how zo feeds it
            """);
        // Making a command's options takes time, so the other commands are made only where the first word names none: for help and for suggestions.
        Func<Session, Command>? asked = session.Args is [var first, ..] ? Commands.GetValueOrDefault(first) : null;
        foreach (Func<Session, Command> create in asked is null ? (IEnumerable<Func<Session, Command>>)Commands.Values : [asked])
        {
            root.Subcommands.Add(create(session));
        }

        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion(session.Terminal);
        root.Options.OfType<HelpOption>().Single().Action = Help(session);
        root.ExplainAlone(session);
        return root;
    }

    private static HelpAction Help(Session session) => new() { MaxWidth = session.Terminal.OutputWidth ?? HelpWidth };

    private sealed class PrintVersion(Terminal terminal) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override int Invoke(ParseResult parseResult)
        {
            terminal.Output.WriteLine(Version);
            return ExitCode.Done;
        }
    }
}
