using System.Text;
using Google.Protobuf;
using MLNet.ZerothOrder.OnnxSchema;
using static MLNet.ZerothOrder.OnnxSchema.Tensor.Types;

namespace MLNet.ZerothOrder;

/// <summary>
/// One graph around a target: from P steps' starts to their losses and estimates. Inputs: <c>theta</c>, <c>image</c> and <c>deviation</c> [P,d] and
/// <c>smoothing</c> [P,1] floats, <c>weight</c> [P,1] doubles (c), <c>pivot</c> [P,1] integers (the target class, else the label), and either the streams'
/// words <c>low</c> and <c>high</c> [P,1] or the numbers themselves, <c>normals</c> [P,D·d]. Outputs: <c>losses</c> and <c>margins</c> [P,q+1] doubles,
/// <c>estimate</c> [P,d] floats.
/// </summary>
/// <remarks>
/// The target's operators, weights and operator version stay as they are; ours stand before and behind them. Differences of losses decide, so
/// points are rounded once, and the distortion is summed and the loss put together in doubles, as the engine does.
/// </remarks>
internal sealed class ComposedGraph
{
    public const string Theta = "theta", Image = "image", Deviation = "deviation", Smoothing = "smoothing", Weight = "weight", Pivot = "pivot",
        Low = "low", High = "high", Normals = "normals", Losses = "losses", Margins = "margins", Estimate = "estimate";

    // Probabilities below this count as this, as in the objective.
    private const float ProbabilityFloor = 1e-37f;

    private readonly GraphScope _graph;
    private readonly OnnxClassifierInfo _info;
    private readonly AttackLoss _loss;
    private readonly ComposedSettings _settings;
    private readonly int _dimension;

    private ComposedGraph(GraphScope graph, OnnxClassifierInfo info, AttackLoss loss, ComposedSettings settings)
    {
        _graph = graph;
        _info = info;
        _loss = loss;
        _settings = settings;
        _dimension = info.Image.Length;
    }

    /// <summary>Composes the graph.</summary>
    /// <param name="model">The target's file.</param>
    /// <param name="info">What is known about it.</param>
    /// <param name="inputShape">The shape of the target's input; −1 for the rows.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="settings">The steps.</param>
    /// <param name="prefix">What the names of inputs and outputs begin with.</param>
    /// <exception cref="InputException">The target's operators are too old, or the file cannot be taken apart.</exception>
    public static byte[] Compose(byte[] model, OnnxClassifierInfo info, long[] inputShape, AttackLoss loss, ComposedSettings settings, out string prefix)
    {
        if (info.Opset < GraphScope.OldestOpset)
        {
            throw new InputException(
                $"Model '{info.Path}' uses ONNX opset {info.Opset}, and a graph is composed around models of opset {GraphScope.OldestOpset} or later; export it with a later opset, or attack it row by row.");
        }

        Model composed;
        try
        {
            composed = Model.Parser.ParseFrom(model);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InputException($"Model '{info.Path}' cannot be taken apart to compose a graph around it; attack it row by row.", e);
        }

        // Whatever the target calls its values, also inside of its operators' own graphs, ours are called otherwise.
        prefix = "zo.";
        while (model.AsSpan().IndexOf(Encoding.UTF8.GetBytes(prefix)) >= 0)
        {
            prefix = "_" + prefix;
        }

        Graph target = composed.Graph;
        var builder = new GraphBuilder(target.Name);
        var scope = new GraphScope(builder, prefix, info.Opset);
        var parts = new ComposedGraph(scope, info, loss, settings);
        (string distortions, string directions) = parts.Before(inputShape);
        int before = builder.Graph.Node.Count;
        parts.After(distortions, directions);

        Node[] own = [.. builder.Graph.Node];
        Node[] targets = [.. target.Node];
        target.Node.Clear();
        target.Node.AddRange([.. own[..before], .. targets, .. own[before..]]);
        target.Initializer.AddRange(builder.Graph.Initializer);
        target.Input.Clear();
        target.Input.AddRange(builder.Graph.Input);
        target.Output.Clear();
        target.Output.AddRange(builder.Graph.Output);

        // Older ones want each weight among the inputs.
        composed.IrVersion = Math.Max(composed.IrVersion, 4);
        return composed.ToByteArray();
    }

    // From the inputs to the target's: [P(q+1), …]. Gives the distortions [P, q+1] and the drawn directions [P, D, d].
    private (string Distortions, string Directions) Before(long[] inputShape)
    {
        int drawn = _settings.Drawn;
        Input(DataType.Float, Theta, _dimension);
        Input(DataType.Float, Image, _dimension);
        Input(DataType.Float, Deviation, _dimension);
        Input(DataType.Float, Smoothing, 1);
        string normals;
        if (_settings.DrawsInGraph)
        {
            Input(DataType.Uint32, Low, 1);
            Input(DataType.Uint32, High, 1);
            normals = NormalsGraph.Add(_graph, _graph.Name(Low), _graph.Name(High), checked(drawn * _dimension));
        }
        else
        {
            Input(DataType.Float, Normals, checked(drawn * _dimension));
            normals = _graph.Name(Normals);
        }

        string directions = _graph.Op("Mul", _graph.Reshape(normals, -1, drawn, _dimension), Line(Deviation));

        // Rounded once, from doubles: a point that is off by its last bit is another point, whose loss differs by more than μ can bear.
        string mu = _graph.Reshape(_graph.Cast(_graph.Name(Smoothing), DataType.Double), -1, 1, 1);
        string moves = _graph.Op("Mul", _graph.Cast(directions, DataType.Double), mu);
        string theta = _graph.Cast(Line(Theta), DataType.Double);
        List<string> points = [Line(Theta), _graph.Cast(_graph.Op("Add", theta, moves), DataType.Float)];
        if (_settings.Pairs > 0)
        {
            string opposite = _settings.Pairs == drawn ? moves : _graph.Slice(moves, 1, 0, _settings.Pairs);
            points.Add(_graph.Cast(_graph.Op("Sub", theta, opposite), DataType.Float));
        }

        string pixels = Box(_graph.Op("Concat", [.. points], GraphBuilder.Int("axis", 1)));
        Encode(pixels, inputShape);
        return (Distortion(pixels), directions);
    }

    private string Line(string input) => _graph.Reshape(_graph.Name(input), -1, 1, _dimension);

    // Either transform, [P, q+1, d] in and out.
    private string Box(string points) => _loss.Transform == BoxTransform.Clip
        ? _graph.Op("Clip", _graph.Op("Add", Line(Image), points), Bound(0), Bound(1))
        : _graph.Op("Reciprocal", _graph.Op("Add", _graph.Op("Exp", _graph.Op("Mul", points, _graph.Float(-2))), _graph.Float(1)));

    private string Distortion(string pixels)
    {
        string change = _graph.Op("Sub", _graph.Cast(pixels, DataType.Double), _graph.Cast(Line(Image), DataType.Double));
        return _loss.Norm switch
        {
            DistortionNorm.L1 => _graph.Reduce("ReduceSum", _graph.Op("Abs", change), 2),
            DistortionNorm.L2 => _graph.Op("Sqrt", _graph.Reduce("ReduceSum", _graph.Op("Mul", change, change), 2)),
            _ => _graph.Reduce("ReduceMax", _graph.Op("Abs", change), 2),
        };
    }

    // What RowEncoder and TensorBuffer do to a row, in the same order.
    private void Encode(string pixels, long[] inputShape)
    {
        PixelEncoding encoding = _info.Encoding;
        string x = _graph.Reshape(pixels, -1, _info.Image.Channels, _info.Image.Height, _info.Image.Width);
        if (!encoding.IsIdentity)
        {
            x = _graph.Op("Mul", x, _graph.Float(encoding.Scale));
            x = _graph.Op("Sub", x, PerChannel(encoding.Mean));
            x = _graph.Op("Div", x, PerChannel(encoding.Std));
        }

        if (_info.Layout == ImageLayout.Nhwc && _info.Image.Channels > 1)
        {
            x = _graph.Op("Transpose", [x], GraphBuilder.Ints("perm", 0, 2, 3, 1));
        }

        switch (_info.InputType)
        {
            case OnnxElementType.Float16:
                x = _graph.Cast(x, DataType.Float16);
                break;
            case OnnxElementType.UInt8:
                x = _graph.Cast(_graph.Op("Round", _graph.Op("Clip", x, Bound(0), Bound(255))), DataType.Uint8);
                break;
        }

        _graph.Into(_info.Input, "Reshape", [x, _graph.Integers(inputShape)]);
    }

    private string PerChannel(IReadOnlyList<float> values) =>
        values.Count == 1 ? _graph.Float(values[0]) : _graph.Floats([1, values.Count, 1, 1], [.. values]);

    // From the target's output to ours.
    private void After(string distortions, string directions)
    {
        Input(DataType.Double, Weight, 1);
        Input(DataType.Int64, Pivot, 1);
        int rows = _settings.Directions + 1;
        string scores = _info.OutputType == OnnxElementType.Float16 ? _graph.Cast(_info.Output, DataType.Float) : _info.Output;
        scores = _graph.Reshape(scores, -1, rows, _info.Classes);
        string isPivot = _graph.Op(
            "Equal", _graph.Reshape(_graph.Name(Pivot), -1, 1, 1), _graph.Reshape(_graph.Integers([.. Enumerable.Range(0, _info.Classes).Select(k => (long)k)]), 1, 1, _info.Classes));
        string never = _graph.Float(float.NegativeInfinity);
        string own = Value(_graph.Reduce("ReduceMax", _graph.Op("Where", isPivot, scores, never), 2));
        string other = Value(_graph.Reduce("ReduceMax", _graph.Op("Where", isPivot, never, scores), 2));

        // A largest element may hide a NaN; a sum of nothing times each does not.
        string nothing = _graph.Cast(_graph.Reduce("ReduceSum", _graph.Op("Mul", scores, _graph.Float(0)), 2), DataType.Double);
        string margin = _loss.Target is null ? _graph.Op("Sub", own, other) : _graph.Op("Sub", other, own);
        string margins = Output(Margins, "Add", margin, nothing);
        string losses = Output(
            Losses, "Add", _graph.Op("Max", margins, _graph.Double(-_loss.Confidence)), _graph.Op("Mul", distortions, _graph.Name(Weight)));

        string scale = _graph.Op(
            "Div", _graph.Double(1), _graph.Op("Mul", _graph.Cast(_graph.Name(Smoothing), DataType.Double), _graph.Double(_settings.Drawn)));
        string slopes = _graph.Op("MatMul", losses, Slopes());
        string weights = _graph.Cast(_graph.Op("Mul", slopes, scale), DataType.Float);
        string sum = _graph.Op("MatMul", _graph.Reshape(weights, -1, 1, _settings.Drawn), directions);
        _graph.Into(_graph.Name(Estimate), "Reshape", [sum, _graph.Integers(-1, _dimension)]);
        _graph.Graph.Output.Add(GraphBuilder.Value(DataType.Float, _graph.Name(Estimate), "P", _dimension));
    }

    private string Value(string score) => _loss.Scores == ScoreKind.Probabilities
        ? _graph.Op("Log", _graph.Cast(_graph.Op("Max", score, _graph.Float(ProbabilityFloor)), DataType.Double))
        : _graph.Cast(score, DataType.Double);

    // [q+1, D]: from the losses to the differences along each drawn direction, as GradientEstimator.Combine takes them.
    private string Slopes()
    {
        int drawn = _settings.Drawn;
        int rows = _settings.Directions + 1;
        var differences = new double[rows * drawn];
        for (int i = 0; i < drawn; i++)
        {
            bool isPair = i < _settings.Pairs;
            differences[((1 + i) * drawn) + i] = isPair ? 0.5 : 1;
            differences[((isPair ? 1 + drawn + i : 0) * drawn) + i] = isPair ? -0.5 : -1;
        }

        return _graph.Doubles([rows, drawn], differences);
    }

    // A clip's bounds have no axes.
    private string Bound(float value) => _graph.Floats([], value);

    private void Input(DataType type, string name, int width) => _graph.Graph.Input.Add(GraphBuilder.Value(type, _graph.Name(name), "P", width));

    private string Output(string name, string type, string a, string b)
    {
        _graph.Graph.Output.Add(GraphBuilder.Value(DataType.Double, _graph.Name(name), "P", _settings.Directions + 1));
        return _graph.Into(_graph.Name(name), type, [a, b]);
    }
}
