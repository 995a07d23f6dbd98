using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Tables;

public sealed class OnnxTableOracleTests : IDisposable
{
    private const int String = 8;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_whose_labels_contradict_its_scores_goes_by_its_labels()
    {
        // ONNX Runtime swaps the scores of a support vector machine of two classes.
        string path = Machine(["a", "b"], [-1, 1], [1, -1]);
        using (OnnxTableOracle oracle = Open(path, [-2], [2], [3]))
        {
            oracle.Warnings.ShouldHaveSingleItem().ShouldStartWith("The model's own label is another one than that of its highest score for 3 of 3 rows");
            oracle.Warnings[0].ShouldEndWith("the attack goes by its labels alone.");
            oracle.ClassNames.ShouldBe(["a", "b"]);
            Scores(oracle, [-2], [2]).ShouldBe([1, 0, 0, 1]);
        }

        using OnnxTableModel named = OnnxTableModel.Load(path, "scores");
        using OnnxTableOracle byScores = named.Open(new FeatureConstraints("x"), [new float[] { -2 }, new float[] { 2 }]);
        byScores.Warnings.ShouldHaveSingleItem().ShouldContain("since the output is named, success means the highest score");
        float[] scores = Scores(byScores, [-2]);
        scores[1].ShouldBeGreaterThan(scores[0]);
    }

    [Fact]
    public void A_model_with_other_scores_than_classes_goes_by_its_labels()
    {
        // One score for each pair of classes.
        string path = Machine(["a", "b", "c", "d"], [1, 1, 1, -1, -1, 1, -1, -1], [.. Enumerable.Repeat(1f, 12)]);
        using OnnxTableOracle oracle = Open(path, [1, 1], [-1, -1]);
        oracle.Warnings.ShouldHaveSingleItem().ShouldContain("The model gives 6 scores per row for 4 classes, so the attack goes by its labels alone");
        oracle.ScoreLength.ShouldBe(4);
        Scores(oracle, [1, 1]).Count(score => score == 1).ShouldBe(1);
        Should.Throw<InputException>(() => OnnxTableModel.Load(path, "scores").Open(new FeatureConstraints("x", "y"), [new float[2]])).Message.ShouldContain("name the output with one score per class");
    }

    [Fact]
    public void A_model_that_answers_only_the_first_row_is_asked_one_row_a_call()
    {
        string path = _folder.File("first.onnx");
        new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 2L).Output("Score", OnnxWriter.Float32, "N", 1L).Integers("from", 0).Integers("to", 1).Integers("axes", 0).Constant("w", [2, 1], 1, 10)
            .Node("Slice", ["x", "from", "to", "axes"], ["first"]).Node("MatMul", ["first", "w"], ["Score"]).Save(path);
        using OnnxTableModel model = OnnxTableModel.Load(path);
        using OnnxTableOracle oracle = model.Open(new FeatureConstraints("x", "y"), [new float[] { 1, 2 }, new float[] { 3, 4 }]);
        oracle.Warnings.ShouldHaveSingleItem().ShouldContain("so it is asked one row a call");
        Scores(oracle, [1, 2], [3, 4], [5, 6]).ShouldBe([21, 43, 65]);
    }

    [Fact]
    public void One_score_is_taken_for_a_probability_only_in_its_range()
    {
        string path = _folder.File("one.onnx");
        new OnnxWriter().Input("x", OnnxWriter.Float32, "N", 1L).Output("Score", OnnxWriter.Float32, "N", 1L).Node("Identity", ["x"], ["Score"]).Save(path);
        using OnnxTableModel model = OnnxTableModel.Load(path, scores: ScoreKind.Probabilities);
        InputException refused = Should.Throw<InputException>(() => model.Open(new FeatureConstraints("x"), [new float[] { 0.5f }, new float[] { 3 }]));
        refused.Message.ShouldContain("Output 'Score' of model");
        refused.Message.ShouldContain("does not give probabilities: The model gave the score 3, which is no probability");
        refused.Argument.ShouldBe("Scores");

        using OnnxTableOracle oracle = model.Open(new FeatureConstraints("x"), [new float[] { 0.5f }]);
        Scores(oracle, [0.25f]).ShouldBe([0.75f, 0.25f]);
        Should.Throw<OracleException>(() => Scores(oracle, [2])).Message.ShouldContain("which is no probability");
    }

    [Fact]
    public void A_support_vector_machine_of_images_is_warned_of()
    {
        List<string> warnings = [];
        string path = Machine(["a", "b"], [-1, 0, 0, 0, 1, 0, 0, 0], [1, -1]);
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(path, new OnnxOracleOptions { Image = new ImageShape(1, 2, 2), Warn = warnings.Add });
        warnings.ShouldContain(warning => warning.Contains("is a support vector machine without probabilities"));
    }

    private static OnnxTableOracle Open(string path, params float[][] rows)
    {
        // An oracle keeps its model alive.
        using OnnxTableModel model = OnnxTableModel.Load(path);
        return model.Open(new FeatureConstraints([.. rows[0].Select((_, i) => $"f{i}")]), [.. rows.Select(row => (ReadOnlyMemory<float>)row)]);
    }

    private static float[] Scores(OnnxTableOracle oracle, params float[][] rows) => oracle.ScoreRows(rows.Length, (row, input) => rows[row].CopyTo(input));

    // A linear support vector machine with one vector of each class.
    private string Machine(string[] classes, float[] vectors, float[] coefficients)
    {
        string path = _folder.File($"svm{classes.Length}.onnx");
        new OnnxWriter { Opset = 13 }.Input("x", OnnxWriter.Float32, "N", (long)(vectors.Length / classes.Length)).Output("label", String, "N").Output("scores", OnnxWriter.Float32, "N", "scores")
            .Node(
                "ai.onnx.ml.SVMClassifier", ["x"], ["label", "scores"], ("kernel_type", "LINEAR"), ("kernel_params", new List<float> { 0, 0, 0 }), ("support_vectors", vectors.ToList()),
                ("coefficients", coefficients.ToList()), ("post_transform", "NONE"), ("vectors_per_class", classes.Select(_ => 1L).ToArray()),
                ("rho", new float[classes.Length * (classes.Length - 1) / 2].ToList()), ("classlabels_strings", classes))
            .Save(path);
        return path;
    }
}
