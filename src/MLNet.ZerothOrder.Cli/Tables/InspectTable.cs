using System.Numerics.Tensors;

namespace MLNet.ZerothOrder.Cli;

/// <summary>Describes a model of a table, and what rows of the table can be.</summary>
internal static class InspectTable
{
    public static void Write(Terminal terminal, OnnxTableModel model)
    {
        NamedLine.Write(terminal, "model", $"{model.Path} ({model.Producer})");
        NamedLine.Write(terminal, "SHA-256", model.Sha256);
        for (int i = 0; i < model.Inputs.Count; i++)
        {
            TableInput input = model.Inputs[i];
            string kind = input.Kind switch { TableInputKind.Integer => "whole numbers", TableInputKind.Flag => "true or false", TableInputKind.Text => "texts", _ => "numbers" };
            NamedLine.Write(terminal, i > 0 ? "" : model.Inputs.Count == 1 ? "input" : "inputs", $"{input.Name}: {kind} ({input.Type}){(input.Width == 1 ? "" : ", all columns in this order")}");
        }

        NamedLine.Write(terminal, "scores", $"{model.Output}, of {(model.IsClassifier ? "a classifier" : "a model that predicts a number")}");
        if (model.ClassNames is { } names)
        {
            NamedLine.Write(terminal, "classes", string.Join(", ", names));
        }
    }

    public static void Write(Terminal terminal, TableTask task)
    {
        Write(terminal, task.Model);
        TableData data = task.Data;
        if (data.ClassNames is { } names && task.Model.ClassNames is null)
        {
            NamedLine.Write(terminal, "classes", string.Join(", ", names));
        }

        int[] answered = [.. Enumerable.Range(0, data.Rows.Count).Where(i => Array.TrueForAll(task.Scores[i], float.IsFinite))];
        string right = data.Labels is { } labels ? $"; {answered.Count(i => TensorPrimitives.IndexOfMax<float>(task.Scores[i]) == labels[i])} of {data.Rows.Count} are classified correctly" : "";
        string none = answered.Length < data.Rows.Count ? $"; {data.Rows.Count - answered.Length} get no finite score" : "";
        NamedLine.Write(terminal, "table", $"{data.Rows.Count} rows of {data.Name}{right}{none}");
        int missing = data.Rows.Sum(row => row.ToArray().Count(float.IsNaN));
        if (missing > 0)
        {
            NamedLine.Write(terminal, "", $"– {missing} values are missing and stay so");
        }

        string[] rules = task.Constraints.ToString().Trim().Split(Environment.NewLine);
        for (int i = 0; i < rules.Length; i++)
        {
            NamedLine.Write(terminal, i == 0 ? "rows" : "", rules[i]);
        }

        data.Warnings.ToList().ForEach(terminal.Warn);
    }
}
