using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>Scores are taken in front of a last activation, whatever stands between it and the output.</summary>
public sealed class ScoreCutTests : IDisposable
{
    private const int Classes = 3;

    private readonly TempFolder _folder = new();

    /// <summary>A model's end, the activation that is found, and how many scores a row has.</summary>
    private static Dictionary<string, (Func<OnnxWriter, OnnxWriter> End, string Activation)> Ends => new()
    {
        ["Softmax"] = (w => w.Node("Softmax", ["z"], ["y"], ("axis", 1L)).Output("y", OnnxWriter.Float32, "N", Classes), "Softmax"),
        ["Softmax of [N, 1, 1, K]"] = (w => w.Integers("axes", 1, 2).Node("Unsqueeze", ["z", "axes"], ["u"]).Node("Softmax", ["u"], ["y"], ("axis", 3L)).Output("y", OnnxWriter.Float32, "N", 1, 1, Classes), "Softmax"),
        ["Softmax, then a reshape"] = (w => w.Node("Softmax", ["z"], ["p"], ("axis", 1L)).Integers("to", -1, Classes, 1).Node("Reshape", ["p", "to"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes, 1), "Softmax"),
        ["Softmax, clipped, as doubles"] = (w => w.Node("Softmax", ["z"], ["p"], ("axis", 1L)).Constant("low", [], 1e-7f).Constant("high", [], 1 - 1e-7f).Node("Clip", ["p", "low", "high"], ["c"])
            .Node("Cast", ["c"], ["y"], ("to", (long)OnnxWriter.Double)).Output("y", OnnxWriter.Double, "N", Classes), "Softmax"),
        ["LogSoftmax"] = (w => w.Node("LogSoftmax", ["z"], ["y"], ("axis", 1L)).Output("y", OnnxWriter.Float32, "N", Classes), "LogSoftmax"),
        ["Log of Softmax"] = (w => w.Node("Softmax", ["z"], ["p"], ("axis", 1L)).Node("Log", ["p"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes), "LogSoftmax"),
        ["Exp over its sum"] = (w => w.Node("Exp", ["z"], ["e"]).Integers("axes", 1).Node("ReduceSum", ["e", "axes"], ["s"]).Node("Div", ["e", "s"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes), "Softmax"),
        ["Sigmoids"] = (w => w.Node("Sigmoid", ["z"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes), "Sigmoid"),
        ["ZipMap"] = (w => w.Node("Softmax", ["z"], ["p"], ("axis", 1L)).Node("ai.onnx.ml.ZipMap", ["p"], ["y"], ("classlabels_int64s", new long[] { 0, 1, 2 })).Dictionaries("y"), "Softmax"),
        ["beside a label and an embedding"] = (w => w.Node("ArgMax", ["z"], ["label"], ("axis", 1L)).Output("label", OnnxWriter.Int64, "N", 1).Node("Relu", ["row"], ["output_embedding"])
            .Output("output_embedding", OnnxWriter.Float32, "N", 16).Node("Softmax", ["z"], ["scores"], ("axis", 1L)).Output("scores", OnnxWriter.Float32, "N", Classes), "Softmax"),
    };

    public static TheoryData<string> Kinds => [.. Ends.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Scores_are_those_in_front_of_the_activation(string kind)
    {
        (Func<OnnxWriter, OnnxWriter> end, string activation) = Ends[kind];
        string path = end(Begin(Classes)).Save(_folder.File("m.onnx"));

        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);

        (oracle.Info.Removed, oracle.Info.Classes, oracle.Scores).ShouldBe((activation, Classes, ScoreKind.Logits));
        oracle.Info.ScoresReason.ShouldContain($"in front of the model's last {activation}");
        using OnnxClassifierOracle logits = OnnxClassifierOracle.Load(Begin(Classes).Output("z", OnnxWriter.Float32, "N", Classes).Save(_folder.File("z.onnx")));
        Score(oracle).ShouldBe(Score(logits));
    }

    [Fact]
    public void What_the_user_says_that_the_output_holds_is_taken_from_the_output()
    {
        string path = Ends["Softmax"].End(Begin(Classes)).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Scores = ScoreKind.Probabilities });
        (oracle.Info.Removed, oracle.Scores).ShouldBe((null, ScoreKind.Probabilities));
        Score(oracle).Sum().ShouldBe(1, 1e-5);
        oracle.KindOf(Score(oracle), ScoreKind.Probabilities).ShouldBe(ScoreKind.Probabilities);
    }

    [Fact]
    public void An_attack_that_is_told_of_probabilities_where_the_classifier_gives_logits_is_refused()
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Ends["Softmax"].End(Begin(Classes)).Save(_folder.File("m.onnx")));
        Should.Throw<InputException>(() => oracle.KindOf(Score(oracle), ScoreKind.Probabilities)).Message.ShouldContain("OnnxOracleOptions.Scores");
        oracle.KindOf([], ScoreKind.LogProbabilities).ShouldBe(ScoreKind.LogProbabilities, "margins are those of logits");
    }

    [Fact]
    public void A_softmax_along_another_axis_than_the_classes_is_no_activation_of_scores()
    {
        // Along the rows: each image's scores depend on the others'.
        string path = Begin(Classes).Node("Softmax", ["z"], ["y"], ("axis", 0L)).Output("y", OnnxWriter.Float32, "N", Classes).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        (oracle.Info.Removed, oracle.Info.CallRows).ShouldBe((null, CallRows.One));
    }

    [Fact]
    public void Probabilities_that_are_computed_in_another_way_and_do_not_sum_to_1_are_independent_ones()
    {
        string path = Begin(Classes).Node("HardSigmoid", ["z"], ["y"], ("alpha", 0.02f)).Output("y", OnnxWriter.Float32, "N", Classes).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        (oracle.Info.Removed, oracle.Scores, oracle.Info.Scores).ShouldBe((null, null, ScoreKind.IndependentProbabilities));
    }

    [Theory]
    [InlineData("Sigmoid", "Sigmoid")]
    [InlineData("Identity", null)]
    public void One_score_stands_for_two_classes_with_scores_0_and_s(string end, string? activation)
    {
        string path = Begin(1).Node(end, ["z"], ["y"]).Output("y", OnnxWriter.Float32, "N", 1).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        (oracle.Info.Removed, oracle.ScoreLength, oracle.Scores).ShouldBe((activation, 2, ScoreKind.Logits));
        Score(oracle).ShouldBe([0, (float)Logits(1)[0]], 1e-4);
    }

    [Fact]
    public void One_probability_stands_for_two_classes_with_probabilities_1_minus_p_and_p()
    {
        string path = Begin(1).Node("Sigmoid", ["z"], ["y"]).Output("y", OnnxWriter.Float32, "N", 1).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Scores = ScoreKind.Probabilities });
        float p = (float)(1 / (1 + Math.Exp(-Logits(1)[0])));
        Score(oracle).ShouldBe([1 - p, p], 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sigmoid_and_its_complement_are_the_scores_0_and_z(bool complementLast)
    {
        string path = Begin(1).Node("Sigmoid", ["z"], ["p"]).Constant("one", [1], 1).Node("Sub", ["one", "p"], ["q"])
            .Node("Concat", complementLast ? ["p", "q"] : ["q", "p"], ["y"], ("axis", 1L)).Output("y", OnnxWriter.Float32, "N", 2).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        float z = (float)Logits(1)[0];
        (oracle.Info.Removed, oracle.Scores).ShouldBe(("Softmax", ScoreKind.Logits));
        Score(oracle).ShouldBe(complementLast ? [z, 0] : [0, z], 1e-4);
    }

    [Fact]
    public void A_linear_classifier_of_the_ml_operators_gives_its_scores_without_their_transform()
    {
        string path = new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 4)
            .Node(
                "ai.onnx.ml.LinearClassifier", ["x"], ["label", "p"], ("classlabels_ints", new long[] { 0, 1, 2 }), ("coefficients", new List<float>(Enumerable.Range(0, 12).Select(i => i - 5f))),
                ("intercepts", new List<float> { 1, 2, 3 }), ("multi_class", 1L), ("post_transform", "SOFTMAX"))
            .Node("ai.onnx.ml.ZipMap", ["p"], ["y"], ("classlabels_int64s", new long[] { 0, 1, 2 })).Output("label", OnnxWriter.Int64, "N").Dictionaries("y").Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        (oracle.Info.Removed, oracle.Info.Output, oracle.ScoreLength).ShouldBe(("Softmax", "y", 3));
        using QueryBatch batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        batch.Input(0)[1] = 1;
        oracle.Score(batch);
        batch.Score(0).ToArray().ShouldBe([-4 + 1, 0 + 2, 4 + 3]);
    }

    [Fact]
    public void The_switch_between_training_and_inference_is_fed_false_and_an_input_that_scores_do_not_need_is_left_out()
    {
        string path = Begin(Classes).Input("keras_learning_phase", OnnxWriter.Bool).Input("Label", OnnxWriter.Int64, "N", 1).Constant("ratio", [], 0.4f)
            .Node("Dropout", ["z", "ratio", "keras_learning_phase"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes)
            .Node("Identity", ["Label"], ["Label.output"]).Output("Label.output", OnnxWriter.Int64, "N", 1).Save(_folder.File("m.onnx"));
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path);
        oracle.Info.Input.ShouldBe("x");
        oracle.Info.Warnings.ShouldBeEmpty();
        Score(oracle).Select(score => (double)score).ShouldBe(Logits(Classes), 1e-4);
    }

    [Fact]
    public void Two_inputs_that_scores_need_are_refused()
    {
        string path = Begin(Classes).Input("z2", OnnxWriter.Float32, "N", Classes).Node("Add", ["z", "z2"], ["y"]).Output("y", OnnxWriter.Float32, "N", Classes).Save(_folder.File("m.onnx"));
        Should.Throw<InputException>(() => OnnxClassifierOracle.Load(path)).Message.ShouldContain("has 2 inputs (x, z2)");
    }

    [Theory]
    [InlineData("Softmax")]
    [InlineData("Sigmoids")]
    [InlineData("ZipMap")]
    public void A_composed_graph_takes_the_same_scores(string kind) => Composed_steps_are_those_row_by_row(Ends[kind].End(Begin(Classes)), null, Classes);

    [Theory]
    [InlineData("Sigmoid", null)]
    [InlineData("Sigmoid", ScoreKind.Probabilities)]
    [InlineData("Identity", null)]
    public void A_composed_graph_makes_two_classes_of_one_score(string end, ScoreKind? scores) =>
        Composed_steps_are_those_row_by_row(Begin(1).Node(end, ["z"], ["y"]).Output("y", OnnxWriter.Float32, "N", 1), scores, 2);

    [Fact]
    public void A_composed_graph_takes_log_odds_of_independent_probabilities() => Composed_steps_are_those_row_by_row(
        Begin(Classes).Node("HardSigmoid", ["z"], ["y"], ("alpha", 0.02f)).Output("y", OnnxWriter.Float32, "N", Classes), ScoreKind.IndependentProbabilities, Classes);

    private void Composed_steps_are_those_row_by_row(OnnxWriter model, ScoreKind? scores, int classes)
    {
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(model.Save(_folder.File("m.onnx")), new OnnxOracleOptions { Scores = scores });
        var loss = new AttackLoss { Scores = scores ?? ScoreKind.Logits };
        var shape = new StepShape(4);
        using IStepOracle composed = oracle.ComposeSteps(loss, shape);
        using StepBatch steps = composed.CreateBatch();
        var objective = new AttackObjective(Pixels(), 0, classes, loss);
        int place = steps.Add(objective, new float[16], 0.01f, RandomKey.FromSeed(3));
        steps.Ask();
        steps.Answer(place, 0).Loss.ShouldBe(objective.Evaluate(Pixels(), Score(oracle)).Loss, 1e-5);
        steps.FailureOf(place, "it", 1).ShouldBeNull();
    }

    // z = W · x + b of an image of 1 × 4 × 4.
    private static OnnxWriter Begin(int classes) => new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1, 4, 4).Node("Flatten", ["x"], ["row"])
        .Constant("w", [classes, 16], Weights(classes)).Constant("b", [classes], [.. Enumerable.Range(0, classes).Select(k => 0.5f - k)])
        .Node("Gemm", ["row", "w", "b"], ["z"], ("transB", 1L));

    private static float[] Weights(int classes) => [.. Enumerable.Range(0, classes * 16).Select(i => (float)Math.Sin(3 * i))];

    private static float[] Pixels() => [.. Enumerable.Range(0, 16).Select(i => (float)(0.5 + (0.5 * Math.Cos(i))))];

    private static double[] Logits(int classes) =>
        [.. Enumerable.Range(0, classes).Select(k => 0.5 - k + Pixels().Select((x, i) => x * (double)Weights(classes)[(k * 16) + i]).Sum())];

    private static float[] Score(OnnxClassifierOracle oracle)
    {
        using QueryBatch batch = oracle.CreateBatch(1);
        batch.Rows = 1;
        Pixels().CopyTo(batch.Input(0));
        oracle.Score(batch);
        return batch.Score(0).ToArray();
    }
}
