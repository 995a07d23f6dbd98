namespace MLNet.ZerothOrder.Cli;

/// <summary>A line on a terminal that is redrawn in place.</summary>
internal static class ProgressBar
{
    private const int Widest = 24;
    private const int Narrowest = 4;

    /// <summary>Draws head, bar and tail over the previous line. The line must fit the terminal, because wrapped lines cannot be redrawn.</summary>
    public static void Draw(Terminal terminal, string head, double share, string tail)
    {
        // Leaves room for the ^C that a terminal prints, because a wrapped line could not be erased.
        int most = (terminal.ErrorWidth ?? int.MaxValue) - 3;
        int room = Math.Min(Widest, most - head.Length - tail.Length - 4);
        string line = room < Narrowest ? $"{head}  {tail}" : $"{head}  {Bar(share, room)}  {tail}";
        terminal.Error.Write($"\r\u001b[K{(line.Length > most ? line[..most] : line)}");
    }

    /// <summary>Erases the line.</summary>
    public static void Erase(Terminal terminal) => terminal.Error.Write("\r\u001b[K");

    /// <summary>A bar, filled up to a share of 0..1.</summary>
    public static string Bar(double share, int width)
    {
        int full = (int)(Math.Clamp(share, 0, 1) * width);
        return new string('█', full) + new string('░', width - full);
    }
}
