using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo data</c>.</summary>
internal static class DataCommand
{
    public static Command Create(CancellationToken cancellation)
    {
        var command = new Command("data", "Downloads MNIST or CIFAR-10 from its public home and checks it, or writes generated digits as files.");
        var directory = new Option<string>("--dir") { Description = "The folder of data sets; where zo looks by itself without it.", HelpName = "DIR", Recursive = true };
        command.Options.Add(directory);
        foreach (string name in new[] { "mnist", "cifar10" })
        {
            var set = new Command(name, $"Downloads {name} with SHA-256 checks; an interrupted download goes on where it stopped.");
            set.SetAction(parsed => Download(name, parsed.GetValue(directory), cancellation));
            command.Subcommands.Add(set);
        }

        var digits = new Command("digits", "Writes generated digits in MNIST's file format.");
        var count = Numbers.Int("--count", "Training images to write; a sixth as many test images come with them. 6000 without it.", "N", 1, 1_000_000);
        digits.Options.Add(count);
        digits.SetAction(parsed =>
        {
            string folder = Path.Combine(parsed.GetValue(directory) ?? ".", "digits");
            int train = parsed.GetValue(count) ?? 6000;
            WriteDigits(folder, "train", GeneratedDigits.Create(train, GeneratedDigits.TrainSeed));
            WriteDigits(folder, "t10k", GeneratedDigits.Create(Math.Max(1, train / 6)));
            Console.WriteLine($"Digits: {folder}");
            return ExitCode.Done;
        });
        command.Subcommands.Add(digits);
        return command;
    }

    private static int Download(string name, string? directory, CancellationToken cancellation)
    {
        bool live = !Console.IsErrorRedirected;
        string lastFile = "";
        var progress = new Inline(p =>
        {
            string total = p.Total is { } t ? string.Create(CultureInfo.InvariantCulture, $" of {t / 1e6:0.0}") : "";
            if (live)
            {
                Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\u001b[K{p.File}  {Bar(p)}  {p.Bytes / 1e6:0.0}{total} MB"));
            }
            else if (p.File != lastFile)
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.File}{total} MB …"));
            }

            lastFile = p.File;
        });
        try
        {
            string folder = DatasetDownload.RunAsync(name, directory, progress, cancellation).GetAwaiter().GetResult();
            Console.WriteLine($"{name}: {folder}");
            return ExitCode.Done;
        }
        finally
        {
            if (live && lastFile.Length > 0)
            {
                Console.Error.Write("\r\u001b[K");
            }
        }
    }

    private static string Bar(DownloadProgress progress)
    {
        const int width = 24;
        int full = progress.Total is > 0 and { } total ? (int)(width * Math.Min(1, progress.Bytes / (double)total)) : 0;
        return new string('█', full) + new string('░', width - full);
    }

    private static void WriteDigits(string folder, string prefix, ImageSet set)
    {
        Directory.CreateDirectory(folder);
        IdxWriter.Write(Path.Combine(folder, $"digits-{prefix}-images-idx3-ubyte.gz"), Path.Combine(folder, $"digits-{prefix}-labels-idx1-ubyte.gz"), set);
    }

    // Progress<T> posts to a thread pool, where reports overtake each other.
    private sealed class Inline(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }
}
