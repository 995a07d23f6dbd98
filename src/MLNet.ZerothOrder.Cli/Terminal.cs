namespace MLNet.ZerothOrder.Cli;

/// <summary>The output of zo: results go to one writer, everything else to the other.</summary>
/// <param name="output">Receives only results.</param>
/// <param name="error">Receives errors, notes and progress.</param>
/// <param name="outputWidth">The columns of the terminal behind <paramref name="output"/>; null if it is not a terminal.</param>
/// <param name="errorWidth">The columns of the terminal behind <paramref name="error"/>; null if it is not a terminal.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, Func<int>? outputWidth = null, Func<int>? errorWidth = null)
{
    // The usual width, for terminals that do not report one.
    private const int UsualWidth = 80;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>The columns of the terminal behind <see cref="Output"/>, which may change while zo runs; null if it is not a terminal.</summary>
    public int? OutputWidth => outputWidth?.Invoke();

    /// <summary>The columns of the terminal behind <see cref="Error"/>; null if it is not a terminal, so that nothing can be redrawn.</summary>
    public int? ErrorWidth => errorWidth?.Invoke();

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error, Console.IsOutputRedirected ? null : Width, Console.IsErrorRedirected ? null : Width);

    /// <summary>Prints why zo ends, in one line.</summary>
    public void Fail(string message) => Error.WriteLine($"zo: {Printable(message)}");

    /// <summary>Prints a note to the user while zo continues.</summary>
    public void Note(string message) => Error.WriteLine($"zo: note: {Printable(message)}");

    /// <summary>Prints what makes the printed figures doubtful.</summary>
    public void Warn(string message) => Error.WriteLine($"zo: warning: {Printable(message)}");

    /// <summary>Removes line breaks and terminal commands, which file names and other messages may contain.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c)) : text;

    private static int Width() => Console.WindowWidth is var width and >= 20 ? width : UsualWidth;
}
