using System.Globalization;
using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// Looks for the scores in front of a model's last Softmax, LogSoftmax or Sigmoid. If a classifier is confident, its float32 probabilities
/// are exactly 0 or 1, and an attack has no differences to follow. The scores in front of the activation still differ.
/// </summary>
/// <param name="graph">The model's graph.</param>
/// <param name="prefix">The prefix of the names of new tensors.</param>
internal sealed class ScoreCut(GraphIndex graph, string prefix)
{
    private const int Deepest = 32;

    private readonly List<Node> _added = [];

    /// <summary>The operators that repeat for the scores what follows the activation, such as a reshape.</summary>
    public IReadOnlyList<Node> Added => _added;

    /// <summary>The name of the found activation, such as <c>Softmax</c>.</summary>
    public string Activation { get; private set; } = "";

    /// <summary>The tensor with the scores in front of the activation, in the shape of the probabilities; null if there is no activation.</summary>
    public string? Before(string tensor) => Before(tensor, 0) is { } scores && (graph.Producer(scores) is not null || _added.Any(node => node.Output.Contains(scores))) ? scores : null;

    private string? Before(string tensor, int depth)
    {
        if (depth > Deepest || graph.Producer(tensor) is not { Input.Count: > 0 } node)
        {
            return null;
        }

        switch (node.OpType)
        {
            case "Softmax" or "LogSoftmax" or "Sigmoid":
                Activation = node.OpType;
                return node.Input[0];
            case "Identity" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Transpose" or "Cast":
                return Before(node.Input[0], depth + 1) is { } before ? Again(node, [before, .. node.Input.Skip(1)]) : null;
            case "Clip":
                return Before(node.Input[0], depth + 1);
            case "Log" when Before(node.Input[0], depth + 1) is { } exponents && Activation == "Softmax":
                Activation = "LogSoftmax";
                return exponents;
            case "Div" when node.Input.Count == 2 && graph.Producer(node.Input[0]) is { OpType: "Exp" } exp && graph.Producer(node.Input[1]) is { OpType: "ReduceSum" } sum && sum.Input[0] == node.Input[0]:
                Activation = "Softmax";
                return exp.Input[0];
            case "Concat" when node.Input.Count == 2:
                return BeforeBoth(node, depth);
            case "LinearClassifier" when node.Output.Count == 2 && node.Output[1] == tensor && Transform(node) is { } transform:
                Activation = transform;
                return Untransformed(node);
            default:
                return null;
        }
    }

    // If the output is [1 − p, p] with p = sigmoid(z), the scores of the two classes are 0 and z. The order may also be reversed.
    private string? BeforeBoth(Node concat, int depth)
    {
        int complement = IsComplement(concat.Input[0], concat.Input[1]) ? 0 : IsComplement(concat.Input[1], concat.Input[0]) ? 1 : -1;
        if (complement < 0 || Before(concat.Input[1 - complement], depth + 1) is not { } score || Activation != "Sigmoid")
        {
            return null;
        }

        Activation = "Softmax";
        string zero = New("Sub", [score, score]);
        return Again(concat, complement == 0 ? [zero, score] : [score, zero]);
    }

    private bool IsComplement(string tensor, string of) =>
        graph.Producer(tensor) is { OpType: "Sub", Input: [var one, var subtracted] } && subtracted == of && graph.Values(one) is { } values && values.All(value => value == 1);

    private static string? Transform(Node classifier) => PostTransform(classifier)?.S is not { } name ? null
        : name.Span.SequenceEqual("SOFTMAX"u8) ? "Softmax"
        : name.Span.SequenceEqual("LOGISTIC"u8) ? "Sigmoid"
        : null;

    private static OnnxSchema.Attribute? PostTransform(Node classifier) => classifier.Attribute.FirstOrDefault(attribute => attribute.Name == "post_transform");

    private string Untransformed(Node classifier)
    {
        Node node = Fields.Copy(classifier);
        PostTransform(node)!.S = "NONE"u8.ToArray();
        node.Output[0] = Name("label");
        node.Output[1] = Name("scores");
        node.Name = node.Output[1];
        _added.Add(node);
        return node.Output[1];
    }

    private string Again(Node of, string[] inputs)
    {
        Node node = Fields.Copy(of);
        node.Input = [.. inputs];
        node.Output[0] = node.Name = Name(of.OpType);
        _added.Add(node);
        return node.Output[0];
    }

    private string New(string type, string[] inputs)
    {
        string output = Name(type);
        _added.Add(new Node { OpType = type, Name = output, Input = [.. inputs], Output = [output] });
        return output;
    }

    private string Name(string what) => $"{prefix}{what}{_added.Count.ToString(CultureInfo.InvariantCulture)}";
}
