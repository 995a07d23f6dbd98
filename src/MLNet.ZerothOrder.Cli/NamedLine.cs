namespace MLNet.ZerothOrder.Cli;

/// <summary>One line of a description: a name and a value.</summary>
internal static class NamedLine
{
    private const int NameWidth = 11;

    public static void Write(Terminal terminal, IEnumerable<(string Name, string Text)> lines)
    {
        foreach ((string name, string text) in lines)
        {
            Write(terminal, name, text);
        }
    }

    // Names and metadata come from the model's file. Long values continue below their start.
    public static void Write(Terminal terminal, string name, string value)
    {
        string rest = Terminal.Printable(value);
        string head = name.PadRight(NameWidth);
        int room = Math.Max((terminal.OutputWidth ?? int.MaxValue) - NameWidth, NameWidth);
        while (rest.Length > room)
        {
            int space = rest.LastIndexOf(' ', room);
            int cut = space > 0 ? space : room;
            terminal.Output.WriteLine(head + rest[..cut]);
            rest = rest[cut..].TrimStart();
            head = new string(' ', NameWidth);
        }

        terminal.Output.WriteLine(head + rest);
    }
}
