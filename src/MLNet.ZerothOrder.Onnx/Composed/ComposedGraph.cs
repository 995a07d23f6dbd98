using MLNet.ZerothOrder.OnnxSchema;

namespace MLNet.ZerothOrder;

/// <summary>
/// A graph around a target that computes the losses and estimates of P steps from their starts. Inputs: <c>theta</c>, <c>image</c> and <c>deviation</c> [P,d] and
/// <c>smoothing</c> [P,1] floats, <c>weight</c> [P,1] doubles (c), <c>pivot</c> [P,1] integers (the target class, else the label), and either the words of the
/// streams, <c>low</c> and <c>high</c> [P,1], or the random numbers themselves, <c>normals</c> [P,D·d]; and <c>memory</c> [P,d] if an estimate is corrected. Outputs: <c>losses</c> and <c>margins</c> [P,q+1] doubles,
/// <c>estimate</c> [P,d] floats.
/// </summary>
/// <remarks>
/// The operators, weights and operator version of the target are unchanged; our operators are added before and after them. The estimate depends on
/// small differences of losses. Therefore points are rounded once, and the distortion and the loss are computed in doubles, as in the engine.
/// </remarks>
internal sealed class ComposedGraph
{
    public const string Theta = "theta", Image = "image", Deviation = "deviation", Smoothing = "smoothing", Weight = "weight", Pivot = "pivot",
        Low = "low", High = "high", Normals = "normals", Memory = "memory", Losses = "losses", Margins = "margins", Estimate = "estimate";

    private readonly GraphScope _graph;
    private readonly OnnxClassifierInfo _info;
    private readonly string _scores;
    private readonly int _outputs;
    private readonly AttackLoss _loss;
    private readonly ComposedSettings _settings;
    private readonly StepShape _shape;
    private readonly int _dimension;

    private ComposedGraph(GraphScope graph, OnnxClassifierInfo info, string scores, int outputs, AttackLoss loss, ComposedSettings settings)
    {
        _graph = graph;
        _info = info;
        _scores = scores;
        _outputs = outputs;
        _loss = loss;
        _settings = settings;
        _shape = settings.Shape;
        _dimension = info.Image.Length;
    }

    /// <summary>Composes the graph.</summary>
    /// <param name="model">The target, which is changed into the graph.</param>
    /// <param name="info">The properties of the target.</param>
    /// <param name="scores">The tensor that holds its scores.</param>
    /// <param name="outputs">The number of scores in a row: 1 for two classes, else one per class.</param>
    /// <param name="inputShape">The shape of the target's input; −1 for the rows.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="settings">The steps.</param>
    /// <param name="prefix">The prefix of the names of inputs and outputs.</param>
    /// <exception cref="InputException">The target's operators are too old.</exception>
    public static byte[] Compose(
        Model model, OnnxClassifierInfo info, string scores, int outputs, long[] inputShape, AttackLoss loss, ComposedSettings settings, out string prefix)
    {
        if (info.Opset < GraphScope.OldestOpset)
        {
            throw new InputException(
                $"Model '{info.Path}' uses ONNX opset {info.Opset}, but a composed graph needs opset {GraphScope.OldestOpset} or later; export it with a later opset, or attack it row by row.");
        }

        // The prefix avoids all names of the target, including those in the subgraphs of its operators.
        prefix = GraphNames.Unused(model, "zo.");
        Graph target = model.Graph!;
        var builder = new GraphBuilder(target.Name);
        var scope = new GraphScope(builder, prefix, info.Opset);
        var parts = new ComposedGraph(scope, info, scores, outputs, loss, settings);
        (string distortions, string directions, string points) = parts.Before(inputShape);
        int before = builder.Graph.Node.Count;
        parts.After(distortions, directions, points);

        Node[] own = [.. builder.Graph.Node];
        target.Node = [.. own[..before], .. target.Node, .. own[before..]];
        target.Initializer.AddRange(builder.Graph.Initializer);
        target.Input = builder.Graph.Input;
        target.Output = builder.Graph.Output;

        // Older versions require that each weight is also an input.
        model.IrVersion = Math.Max(model.IrVersion, 4);
        return Fields.Write(model);
    }

    // From our inputs to the target's: [P(q+1), …]. Returns the distortions [P, q+1], the drawn directions [P, D, d] and the points [P, q+1, d].
    private (string Distortions, string Directions, string Points) Before(long[] inputShape)
    {
        int drawn = _shape.Drawn;
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

        // Computed in doubles and rounded once: a different last bit makes a different point, whose loss differs by more than the estimate tolerates for a small μ.
        string mu = _graph.Reshape(Mu(), -1, 1, 1);
        string moves = _graph.Op("Mul", _graph.Cast(directions, DataType.Double), mu);
        string theta = _graph.Cast(Line(Theta), DataType.Double);
        List<string> points = [Line(Theta), _graph.Cast(_graph.Op("Add", theta, moves), DataType.Float)];
        if (_shape.Pairs > 0)
        {
            string opposite = _shape.Pairs == drawn ? moves : _graph.Slice(moves, 1, 0, _shape.Pairs);
            points.Add(_graph.Cast(_graph.Op("Sub", theta, opposite), DataType.Float));
        }

        string all = Concat([.. points]);
        string pixels = Box(all);
        Encode(pixels, inputShape);
        return (Distortion(pixels), directions, all);
    }

    private string Line(string input) => _graph.Reshape(_graph.Name(input), -1, 1, _dimension);

    // Both transforms map [P, q+1, d] to [P, q+1, d].
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

    // The same operations in the same order as RowEncoder and TensorBuffer.
    private void Encode(string pixels, long[] inputShape)
    {
        PixelEncoding encoding = _info.Encoding;
        string x = _graph.Reshape(pixels, -1, _info.Image.Channels, _info.Image.Height, _info.Image.Width);
        if (encoding.Order == ChannelOrder.Bgr)
        {
            int channels = _info.Image.Channels;
            x = _graph.Op("Gather", [x, _graph.Integers([.. Enumerable.Range(0, channels).Select(c => c < 3 ? 2L - c : c)])], GraphBuilder.Int("axis", 1));
        }

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
            case OnnxElementType.Float64:
                x = _graph.Cast(x, DataType.Double);
                break;
            case OnnxElementType.UInt8:
                x = _graph.Cast(_graph.Op("Round", _graph.Op("Clip", x, Bound(0), Bound(255))), DataType.Uint8);
                break;
        }

        _graph.Into(_info.Input, "Reshape", [x, _graph.Integers(inputShape)]);
    }

    private string PerChannel(IReadOnlyList<float> values) =>
        values.Count == 1 ? _graph.Float(values[0]) : _graph.Floats([1, values.Count, 1, 1], [.. values]);

    // From the target's output to our outputs.
    private void After(string distortions, string directions, string points)
    {
        Input(DataType.Double, Weight, 1);
        Input(DataType.Int64, Pivot, 1);
        int rows = _shape.Directions + 1;
        string scores = _info.OutputType == OnnxElementType.Float32 ? _scores : _graph.Cast(_scores, DataType.Float);
        scores = _graph.Reshape(scores, -1, rows, _outputs);
        if (_outputs == 1)
        {
            scores = _graph.Op("Concat", [Other(scores), scores], GraphBuilder.Int("axis", 2));
        }

        string isPivot = _graph.Op(
            "Equal", _graph.Reshape(_graph.Name(Pivot), -1, 1, 1), _graph.Reshape(_graph.Integers([.. Enumerable.Range(0, _info.Classes).Select(k => (long)k)]), 1, 1, _info.Classes));
        string never = _graph.Float(float.NegativeInfinity);
        string own = Value(_graph.Reduce("ReduceMax", _graph.Op("Where", isPivot, scores, never), 2));
        string other = Value(_graph.Reduce("ReduceMax", _graph.Op("Where", isPivot, never, scores), 2));

        // The maximum may hide a NaN. The sum of 0 · each score does not.
        string nothing = _graph.Cast(_graph.Reduce("ReduceSum", _graph.Op("Mul", scores, _graph.Float(0)), 2), DataType.Double);
        string margin = !_loss.IsTargeted ? _graph.Op("Sub", own, other) : _graph.Op("Sub", other, own);
        string margins = Output(Margins, "Add", margin, nothing);
        string losses = Output(
            Losses, "Add", _graph.Op("Max", margins, _graph.Double(-_loss.Confidence)), _graph.Op("Mul", distortions, _graph.Name(Weight)));

        string queried = _loss.Transform == BoxTransform.Clip ? margins : losses;
        string estimate = _shape.Corrects ? Correct(queried, directions, points) : Combine(losses, directions);
        _graph.Into(_graph.Name(Estimate), "Identity", [estimate]);
        _graph.Graph.Output.Add(GraphBuilder.Value(DataType.Float, _graph.Name(Estimate), "P", _dimension));
    }

    // Computes GradientEstimator.Combine.
    private string Combine(string losses, string directions)
    {
        string scale = _graph.Op("Div", _graph.Double(1), _graph.Op("Mul", Mu(), _graph.Double(_shape.Drawn)));
        return Sum(_graph.Op("Mul", Slopes(losses), scale), directions, _shape.Drawn);
    }

    // Computes GradientEstimator.Correct with ResidualMemory.Correct.
    private string Correct(string queried, string directions, string points)
    {
        Input(DataType.Float, Memory, _dimension);
        string moves = _loss.Transform == BoxTransform.Clip ? Moves(points) : directions;
        string slopes = _graph.Op("Div", Slopes(queried), Mu());
        string memory = _graph.Name(Memory);
        for (int first = 0; first < _shape.Drawn; first += ResidualMemory.LargestBlock)
        {
            int rows = Math.Min(ResidualMemory.LargestBlock, _shape.Drawn - first);
            bool isAll = rows == _shape.Drawn;
            string block = isAll ? moves : _graph.Slice(moves, 1, first, first + rows);
            string along = _graph.Cast(block, DataType.Double);
            string known = _graph.Op("MatMul", along, _graph.Reshape(_graph.Cast(memory, DataType.Double), -1, _dimension, 1));
            string measured = _graph.Reshape(isAll ? slopes : _graph.Slice(slopes, 1, first, first + rows), -1, rows, 1);
            string solution = Solve(along, _graph.Op("Sub", measured, known), rows);
            memory = _graph.Op("Add", memory, Sum(solution, block, rows));
        }

        return memory;
    }

    // (box(θ + μu) − box(θ)) / μ, the moves after clipping; for a pair, the move between its two points.
    private string Moves(string points)
    {
        int drawn = _shape.Drawn;
        int pairs = _shape.Pairs;
        string image = Line(Image);
        string inside = _graph.Op("Min", _graph.Op("Max", points, _graph.Op("Neg", image)), _graph.Op("Sub", _graph.Float(1), image));
        string mu = _graph.Reshape(_graph.Name(Smoothing), -1, 1, 1);
        List<string> moves = [];
        if (pairs > 0)
        {
            string across = _graph.Op("Sub", _graph.Slice(inside, 1, 1, 1 + pairs), _graph.Slice(inside, 1, 1 + drawn, 1 + drawn + pairs));
            moves.Add(_graph.Op("Div", across, _graph.Op("Mul", mu, _graph.Float(2))));
        }

        if (drawn > pairs)
        {
            moves.Add(_graph.Op("Div", _graph.Op("Sub", _graph.Slice(inside, 1, 1 + pairs, 1 + drawn), _graph.Slice(inside, 1, 0, 1)), mu));
        }

        return moves.Count == 1 ? moves[0] : Concat([.. moves]);
    }

    // (M Mᵀ + εI)⁻¹ r, [P, rows, 1]. ONNX has no operator that solves a system. The Newton iteration X ← X (2I − AX) doubles the correct digits of an
    // inverse. In units of its trace, A has eigenvalues between Ridge/rows and 1 + Ridge/rows, which bounds the number of iterations.
    private string Solve(string along, string residual, int rows)
    {
        double ridge = ResidualMemory.Ridge / rows;
        double start = 1 / (1 + ridge);
        int rounds = (int)Math.Ceiling(Math.Log2(40 / (ridge * start)));
        string product = _graph.Op("MatMul", along, _graph.Op("Transpose", [along], GraphBuilder.Ints("perm", 0, 2, 1)));
        string diagonal = _graph.Reshape(_graph.Op("Mul", product, Diagonal(1)), -1, rows * rows);
        string trace = _graph.Reshape(_graph.Reduce("ReduceSum", diagonal, 1), -1, 1, 1);
        string unit = _graph.Op("Max", trace, _graph.Double(1e-300));
        string matrix = _graph.Op("Add", _graph.Op("Div", product, unit), Diagonal(ridge));
        string inverse = Diagonal(start);
        for (int round = 0; round < rounds; round++)
        {
            inverse = _graph.Op("MatMul", inverse, _graph.Op("Sub", Diagonal(2), _graph.Op("MatMul", matrix, inverse)));
        }

        string solution = _graph.Cast(_graph.Op("Div", _graph.Op("MatMul", inverse, residual), unit), DataType.Float);

        // If no direction changes anything, there is nothing to correct.
        return _graph.Op("Where", _graph.Op("Greater", trace, _graph.Double(0)), solution, _graph.Float(0));

        string Diagonal(double value)
        {
            var values = new double[rows * rows];
            for (int i = 0; i < rows; i++)
            {
                values[i * (rows + 1)] = value;
            }

            return _graph.Doubles([1, rows, rows], values);
        }
    }

    // Returns Σ wᵢ vᵢ, [P, d].
    private string Sum(string weights, string vectors, int count) => _graph.Reshape(
        _graph.Op("MatMul", _graph.Reshape(_graph.Cast(weights, DataType.Float), -1, 1, count), vectors), -1, _dimension);

    private string Mu() => _graph.Cast(_graph.Name(Smoothing), DataType.Double);

    private string Concat(string[] parts) => _graph.Op("Concat", parts, GraphBuilder.Int("axis", 1));

    // The first class's score, where the model gives the second's alone.
    private string Other(string score) => _loss.Scores switch
    {
        ScoreKind.Logits => _graph.Op("Mul", score, _graph.Float(0)),
        ScoreKind.LogProbabilities => _graph.Op("Log", _graph.Op("Sub", _graph.Float(1), _graph.Op("Exp", score))),
        _ => _graph.Op("Sub", _graph.Float(1), score),
    };

    // AttackObjective.Logit.
    private string Value(string score)
    {
        string value = _graph.Cast(score, DataType.Double);
        if (_loss.Scores is not (ScoreKind.Probabilities or ScoreKind.IndependentProbabilities))
        {
            return value;
        }

        string log = _graph.Op("Log", _graph.Op("Max", value, _graph.Double(AttackObjective.ProbabilityFloor)));
        return _loss.Scores == ScoreKind.Probabilities ? log
            : _graph.Op("Sub", log, _graph.Op("Log", _graph.Op("Max", _graph.Op("Sub", _graph.Double(1), value), _graph.Double(AttackObjective.ComplementFloor))));
    }

    // The differences along each drawn direction, [P, D]; half of them for directions that were queried both ways.
    private string Slopes(string answers)
    {
        int drawn = _shape.Drawn;
        int rows = _shape.Directions + 1;
        var differences = new double[rows * drawn];
        for (int i = 0; i < drawn; i++)
        {
            bool isPair = i < _shape.Pairs;
            differences[((1 + i) * drawn) + i] = isPair ? 0.5 : 1;
            differences[((isPair ? 1 + drawn + i : 0) * drawn) + i] = isPair ? -0.5 : -1;
        }

        return _graph.Op("MatMul", answers, _graph.Doubles([rows, drawn], differences));
    }

    // The bounds of a Clip operator must be scalars.
    private string Bound(float value) => _graph.Floats([], value);

    private void Input(DataType type, string name, int width) => _graph.Graph.Input.Add(GraphBuilder.Value(type, _graph.Name(name), "P", width));

    private string Output(string name, string type, string a, string b)
    {
        _graph.Graph.Output.Add(GraphBuilder.Value(DataType.Double, _graph.Name(name), "P", _shape.Directions + 1));
        return _graph.Into(_graph.Name(name), type, [a, b]);
    }
}
