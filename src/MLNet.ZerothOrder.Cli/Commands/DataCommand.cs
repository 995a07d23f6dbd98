using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo data</c>.</summary>
internal static class DataCommand
{
    public static Command Create(Session session)
    {
        var command = new Command("data", "Downloads and checks MNIST or CIFAR-10, or writes generated digits as files.");
        command.ExplainAlone(session);
        foreach (string name in new[] { "mnist", "cifar10" })
        {
            var set = new Command(name, $"Downloads {name} with SHA-256 checks; an interrupted download is resumed.");
            Option<string> into = FolderOption("The folder of data sets (default: ZO_DATA, else zo/data in the user's local application data).");
            set.Options.Add(into);
            set.SetAction(parsed => Download(name, parsed.GetValue(into), session));
            command.Subcommands.Add(set);
        }

        var digits = new Command("digits", "Writes generated digits in MNIST's file format.");
        var count = Numbers.Int("--count", "Training images to write; a sixth as many test images are added (default: 6000).", "N", 1, 1_000_000);
        Option<string> directory = FolderOption("The folder in which 'digits' is created (default: the current folder).");
        digits.Add([directory, count]);
        digits.SetAction(parsed =>
        {
            string folder = Path.Combine(parsed.GetValue(directory) ?? ".", "digits");
            int train = parsed.GetValue(count) ?? 6000;
            directory.Read(folder, path => ResultFolder.EnsureWritable(path));
            WriteDigits(folder, "train", GeneratedDigits.Create(train, GeneratedDigits.TrainSeed));
            WriteDigits(folder, "t10k", GeneratedDigits.Create(Math.Max(1, train / 6)));
            session.Terminal.Output.WriteLine($"Digits: {folder}");
            return ExitCode.Done;
        });
        command.Subcommands.Add(digits);
        return command;
    }

    private static Option<string> FolderOption(string description) => new("--dir") { Description = description, HelpName = "DIR" };

    private static int Download(string name, string? directory, Session session)
    {
        Terminal terminal = session.Terminal;
        bool live = terminal.ErrorWidth is not null;
        string lastFile = "";
        var progress = new Inline(p =>
        {
            string total = p.Total is { } t ? string.Create(CultureInfo.InvariantCulture, $" of {t / 1e6:0.0}") : "";
            if (live)
            {
                double share = p.Total is > 0 and { } all ? p.Bytes / (double)all : 0;
                ProgressBar.Draw(terminal, p.File, share, string.Create(CultureInfo.InvariantCulture, $"{p.Bytes / 1e6:0.0}{total} MB"));
            }
            else if (p.File != lastFile)
            {
                terminal.Error.WriteLine(p.File);
            }

            lastFile = p.File;
        });
        try
        {
            string folder = DatasetDownload.RunAsync(name, directory, progress, session.Cancellation).GetAwaiter().GetResult();
            terminal.Output.WriteLine($"{name}: {folder}");
            return ExitCode.Done;
        }
        finally
        {
            if (live && lastFile.Length > 0)
            {
                ProgressBar.Erase(terminal);
            }
        }
    }

    private static void WriteDigits(string folder, string prefix, ImageSet set) =>
        IdxWriter.Write(Path.Combine(folder, $"digits-{prefix}-images-idx3-ubyte.gz"), Path.Combine(folder, $"digits-{prefix}-labels-idx1-ubyte.gz"), set);

    // Progress<T> posts reports to a thread pool, where they can overtake each other.
    private sealed class Inline(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }
}
