namespace MLNet.ZerothOrder.Cli;

/// <summary>Where zo writes: results to one writer, all that is said about them to the other.</summary>
/// <param name="output">Takes results and nothing else.</param>
/// <param name="error">Takes errors, notes and progress.</param>
/// <param name="outputWidth">Columns of the terminal behind <paramref name="output"/>; null where it is none.</param>
/// <param name="errorWidth">Columns of the terminal behind <paramref name="error"/>; null where it is none.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, Func<int>? outputWidth = null, Func<int>? errorWidth = null)
{
    // What most terminals have, for those that do not say.
    private const int UsualWidth = 80;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Columns of the terminal behind <see cref="Output"/>, which may change while zo runs; null where it is none.</summary>
    public int? OutputWidth => outputWidth?.Invoke();

    /// <summary>Columns of the terminal behind <see cref="Error"/>; null where it is none, so that nothing can be redrawn.</summary>
    public int? ErrorWidth => errorWidth?.Invoke();

    /// <summary>This process's own streams.</summary>
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error, Console.IsOutputRedirected ? null : Width, Console.IsErrorRedirected ? null : Width);

    /// <summary>Says why zo ends, in one line whatever file names and foreign messages bring along.</summary>
    public void Fail(string message) => Error.WriteLine($"zo: {Printable(message)}");

    /// <summary>Says what the user should know although zo goes on.</summary>
    public void Note(string message) => Error.WriteLine($"zo: note: {Printable(message)}");

    /// <summary>Text without line breaks and terminal commands, which a file's name may hold.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c)) : text;

    private static int Width() => Console.WindowWidth is var width and >= 20 ? width : UsualWidth;
}
