using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The command line: commands, exit codes, and one sentence per error.</summary>
internal static class Application
{
    public static string Version { get; } = typeof(Application).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static int Run(string[] args)
    {
        using var interrupt = new Interrupt();
        RootCommand root = new("""
            zo — finds adversarial examples for ONNX classifiers that can only be queried, and counts every query.

            Try:  zo attack                            attacks 20 generated digits on the bundled classifier
                  zo attack --model M.onnx --images D  attacks your classifier on your images (class folders of PNGs, .npy, IDX)
                  zo compare --optimizers zo-sgd,zo-adam
                  zo inspect M.onnx                    what a model takes and gives, and how zo will feed it
            """);
        root.Subcommands.Add(AttackCommand.Create(args, interrupt.Token));
        root.Subcommands.Add(CompareCommand.Create(args, interrupt.Token));
        root.Subcommands.Add(TuneCommand.Create(interrupt.Token));
        root.Subcommands.Add(InspectCommand.Create(interrupt.Token));
        root.Subcommands.Add(DataCommand.Create(interrupt.Token));
        root.Subcommands.Add(BenchCommand.Create(interrupt.Token));
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        root.SetAction(_ => new HelpAction().Invoke(root.Parse([])));

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Fail(parsed.Errors[0].Message);
            return ExitCode.BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (InputException e)
        {
            Fail(e.Message);
            return ExitCode.BadInput;
        }
        catch (OracleException e)
        {
            Fail(e.Message);
            return ExitCode.OracleFailed;
        }
        catch (OperationCanceledException)
        {
            Fail("Interrupted.");
            return ExitCode.Interrupted;
        }
        catch (IOException e)
        {
            Fail($"A file could not be written or read ({e.Message}); make room, and run the command again.");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            Fail($"This is a defect of zo; please report it with the command and these lines. {e}");
            return ExitCode.Defect;
        }
    }

    public static void Fail(string message) => Console.Error.WriteLine($"zo: {message}");

    public static void Warn(string message) => Console.Error.WriteLine($"zo: note: {message}");

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override int Invoke(ParseResult parseResult)
        {
            Console.WriteLine(Version);
            return ExitCode.Done;
        }
    }
}
