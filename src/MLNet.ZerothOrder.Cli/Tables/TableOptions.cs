using System.CommandLine;
using System.CommandLine.Parsing;

namespace MLNet.ZerothOrder.Cli;

/// <summary>The options of a table as the input of a model.</summary>
internal sealed class TableOptions
{
    // The other options of 'zo attack' that mean the same for rows as for images.
    private static readonly HashSet<string> Shared =
    [
        "--model", "--output", "--scores", "--threads", "--optimizer", "--count", "--norm", "--labels-only", "--distortion-weight", "--iterations", "--budget", "--stop", "--patience", "--time-limit",
        "--smoothing", "--directions", "--seed", "--batch", "--retries", "--call-timeout", "--max-rate", "--repeat-check", "--answers", "--defend", "--cache", "--record", "--out", "--resume",
        "--checkpoint-every", "--json", "--quiet",
    ];

    private readonly Option<string> _table = new("--table") { Description = "A CSV file of rows, for a model of a table: ONNX with one input per column (as ML.NET and skl2onnx write it) or one input for all columns.", HelpName = "ROWS.csv" };
    private readonly Option<string> _label = new("--label") { Description = "The column of the table with the true classes, or 'predicted': each row is of the class that the model gives it.", HelpName = "COLUMN" };
    private readonly Option<string> _features = new("--features") { Description = "The columns of the table that a model with one input takes, in its order (default: all but the label).", HelpName = "A,B,C" };
    private readonly Option<string> _constraints = new("--constraints") { Description = "What rows of the table can be, as JSON; it corrects what is learned from the table ('zo inspect M.onnx --table ROWS.csv' shows that).", HelpName = "C.json" };
    private readonly Option<string> _goal = new("--goal") { Description = "What counts as a success: class:NAME, or for a model that predicts a number moved:D, above:X or below:X (default: another class).", HelpName = "GOAL" };

    public void AddTo(Command command, bool attacks = true) => command.Add(attacks ? [_table, _label, _features, _constraints, _goal] : [_table, _label, _features, _constraints]);

    /// <summary>Whether a table is given.</summary>
    /// <exception cref="InputException">An option of tables is given without a table, or one of images with it.</exception>
    public bool IsGiven(ParseResult parsed, params ReadOnlySpan<string> others)
    {
        if (parsed.GetValue(_table) is null)
        {
            return parsed.FirstGiven(_label, _features, _constraints, _goal) is not { } idle ? false
                : throw new InputException($"{idle.Name} is for a table, but none is given; name one with --table, or remove {idle.Name}.");
        }

        foreach (OptionResult given in parsed.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit))
        {
            if (!Shared.Contains(given.Option.Name) && !others.Contains(given.Option.Name) && given.Option != _table && given.Option != _label && given.Option != _features && given.Option != _constraints && given.Option != _goal)
            {
                throw new InputException($"{given.Option.Name} has no effect on a table{(given.Option.Name == "--target" ? "; name the wanted class with --goal class:NAME" : "; remove it")}.");
            }
        }

        return true;
    }

    /// <summary>The model and the rows.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The model.</param>
    /// <param name="target">The options of the model.</param>
    /// <param name="attacks">Whether the rows are attacked, which needs true classes and a goal.</param>
    /// <exception cref="InputException">The model, the table, its label or the constraints cannot be used.</exception>
    public TableTask Open(ParseResult parsed, string path, OnnxOracleOptions target, bool attacks = true)
    {
        CsvTable csv = CsvTable.Read(parsed.GetValue(_table)!);
        var model = OnnxTableModel.Load(path, target.Output, target.Scores);
        try
        {
            (int label, bool isPredicted) = Label(parsed, csv, model, attacks);
            IReadOnlyList<string>? features = parsed.GetValue(_features) is { } list ? [.. list.Split(',', StringSplitOptions.TrimEntries)] : null;
            string? json = parsed.GetValue(_constraints) is { } file ? ReadText(file) : null;
            var rows = TableRows.Read(csv, model, label, features, json is null ? null : rules => _constraints.Read(json, text => rules.Apply(text)));
            return TableTask.Create(csv, model, rows, isPredicted || !model.IsClassifier ? -1 : label, target.Threads, attacks || parsed.GetValue(_goal) is not null ? Goal(parsed, model) : null);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private (int Column, bool IsPredicted) Label(ParseResult parsed, CsvTable csv, OnnxTableModel model, bool attacks)
    {
        string there = string.Join(", ", csv.Header.Select(name => $"'{name}'"));
        if (parsed.GetValue(_label) is not { } name)
        {
            return !model.IsClassifier || !attacks ? (-1, true)
                : throw new InputException($"--label is missing; name the column with the true classes ({csv.Path} has {there}), or give --label predicted.");
        }

        int column = csv.Find(name);
        return column >= 0 ? (column, false) : name == "predicted" ? (-1, true)
            : throw new InputException($"--label {name}: {csv.Path} has no such column; it has {there}.");
    }

    private RowAim Goal(ParseResult parsed, OnnxTableModel model)
    {
        string? text = parsed.GetValue(_goal);
        string[] parts = text?.Split(':', 2) ?? [];
        if (model.IsClassifier)
        {
            return text is null ? new RowAim("another class", null, null) : parts is ["class", { Length: > 0 } name] ? new RowAim($"class {name}", name, null)
                : throw new InputException($"--goal is '{text}', but this model predicts classes; give class:NAME, or remove it for any other class.");
        }

        return text is null ? throw new InputException("--goal is missing: this model predicts a number, so say what counts as a success: moved:D, above:X or below:X.")
            : parts is [var kind and ("moved" or "above" or "below"), var number] && Numbers.TryReal(number, out double value) && (kind != "moved" || value > 0)
                ? new RowAim(kind == "moved" ? $"a prediction moved by more than {number}" : $"a prediction {kind} {number}", null, from => kind switch { "moved" => RowGoal.Moved(from, value), "above" => RowGoal.Above(value), _ => RowGoal.Below(value) })
                : throw new InputException($"--goal is '{text}', but this model predicts a number; give moved:D with a distance above 0, above:X or below:X.");
    }

    private string ReadText(string path)
    {
        _constraints.ThrowIfMissing(path);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--constraints {path} cannot be read ({e.Message.TrimEnd('.')}); name a JSON file.", e);
        }
    }
}
