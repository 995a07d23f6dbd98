using MLNet.ZerothOrder.Data;
using Shouldly;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MLNet.ZerothOrder.Tests;

public sealed class OnnxExportTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly DisposeScope _scope;

    public OnnxExportTests()
    {
        NeedsLibtorch.OrSkip();
        _scope = NewDisposeScope();
        manual_seed(1);
    }

    public static TheoryData<string> Classifiers => ["mnist-cnn", "lenet", "linear", "no biases", "strides, groups and dilation", "pools that overlap", "pools that round up", "nested"];

    private string File => _folder.File("c.onnx");

    public void Dispose()
    {
        _scope?.Dispose();
        _folder.Dispose();
    }

    [SkippableTheory]
    [MemberData(nameof(Classifiers))]
    public void A_classifier_scores_as_its_module_does(string name)
    {
        (Sequential classifier, ImageShape shape) = Classifier(name);
        OnnxExport.WriteClassifier(classifier, shape, File, new Dictionary<string, string> { ["title"] = name });

        const int Count = 5;
        Tensor images = rand(Count, shape.Channels, shape.Height, shape.Width);
        classifier.eval();
        float[] expected = classifier.forward(images).data<float>().ToArray(), pixels = images.data<float>().ToArray();
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(File);

        float[] scores = oracle.ScoreRows(Count, (row, input) => pixels.AsSpan(row * shape.Length, shape.Length).CopyTo(input));

        expected.Distinct().Count().ShouldBeGreaterThan(Count);
        double largest = expected.Max(Math.Abs);
        scores.Zip(expected, (s, e) => Math.Abs(s - e)).Max().ShouldBeLessThan((float)(1e-5 * largest));
        oracle.Info.Encoding.ShouldBe(PixelEncoding.Unit);
    }

    [SkippableFact]
    public void A_classifier_in_training_stays_so_and_its_dropout_leaves_no_trace()
    {
        Sequential classifier = Sequential(Flatten(), Linear(4, 3), Dropout(0.9), ReLU());
        classifier.train();

        OnnxExport.WriteClassifier(classifier, new ImageShape(1, 2, 2), File);

        classifier.training.ShouldBeTrue();
        Tensor image = ones(1, 1, 2, 2);
        classifier.eval();
        using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(File);
        float[] scores = oracle.ScoreRows(1, (_, input) => input.Fill(1));
        scores.Zip(classifier.forward(image).data<float>().ToArray(), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-6f);
    }

    [SkippableFact]
    public void The_same_module_gives_the_same_bytes_and_no_tensor_is_left()
    {
        (Sequential classifier, ImageShape shape) = Classifier("lenet");
        OnnxExport.WriteClassifier(classifier, shape, File);
        byte[] first = System.IO.File.ReadAllBytes(File);
        long live = LiveTensors.Settled();

        OnnxExport.WriteClassifier(classifier, shape, File);

        System.IO.File.ReadAllBytes(File).ShouldBe(first);
        LiveTensors.Now.ShouldBeLessThanOrEqualTo(live);
    }

    [SkippableFact]
    public void What_is_not_exported_is_refused_by_name_and_leaves_no_file()
    {
        var shape = new ImageShape(1, 4, 4);
        Refused(Sequential(("flat", Flatten()), ("soft", Softmax(1))), "Layer soft is a Softmax", "Conv2d");
        Refused(Sequential(("a", Sequential(("b", Sigmoid()))), ("flat", Flatten())), "Layer a.b is a Sigmoid");
        Refused(Sequential(("pad", Conv2d(1, 1, 3, padding: Padding.Same)), ("flat", Flatten())), "Layer pad has padding Same");
        Refused(Sequential(("pad", Conv2d(1, 1, 3, padding: 1, padding_mode: PaddingModes.Reflect)), ("flat", Flatten())), "Layer pad pads with Reflect");
        Refused(Sequential(("flat", Flatten(2)), ("line", Linear(16, 3))), "Layer flat flattens dimensions 2 to -1");
        Refused(Sequential(("conv", Conv2d(1, 1, 3))), "[2, 1, 2, 2]", "one row of scores");
        Refused(Sequential(("flat", Flatten()), ("line", Linear(9, 3))), "do not accept an image of 1×4×4");
        Refused(Sequential(Array.Empty<(string, Module<Tensor, Tensor>)>()), "one row of scores");

        void Refused(Sequential classifier, params string[] says)
        {
            string message = Should.Throw<InputException>(() => OnnxExport.WriteClassifier(classifier, shape, File)).Message;
            says.ShouldAllBe(part => message.Contains(part));
            message.ShouldNotContain("\n");
            System.IO.File.Exists(File).ShouldBeFalse();
        }
    }

    [SkippableTheory]
    [InlineData(1, 1, false, false)]
    [InlineData(2, 1, false, true)]
    [InlineData(16, 3, true, true)]
    public void An_LSTM_and_its_linear_layer_are_a_network_that_runs_alike(int inputs, int outputs, bool hasSkip, bool hasBias)
    {
        const int Hidden = 6, D = 20, Steps = 5;
        LSTM lstm = LSTM(inputs, Hidden, 1, bias: hasBias);
        Linear output = Linear(Hidden, outputs, hasBias);
        Linear? skip = hasSkip ? Linear(inputs, outputs, false) : null;
        RnnWeights weights = OnnxExport.ReadRnn(lstm, output, skip);
        (weights.Inputs, weights.Hidden, weights.Outputs, weights.HasBias, weights.HasSkip).ShouldBe((inputs, Hidden, outputs, hasBias, hasSkip));

        Tensor x = randn(Steps, D, inputs);
        Tensor expected = output.forward(lstm.forward(x).Item1);
        expected = skip is null ? expected : expected.add(skip.forward(x));

        var rnn = new ManagedRnn(weights);
        var state = new float[rnn.StateLength(D)];
        var actual = new float[outputs * D];
        for (int t = 0; t < Steps; t++)
        {
            rnn.Run(x[t].t().contiguous().data<float>().ToArray(), state, actual);
            float[] wanted = expected[t].t().contiguous().data<float>().ToArray();
            actual.Zip(wanted, (a, w) => Math.Abs(a - w)).Max().ShouldBeLessThan(1e-5f);
        }
    }

    [SkippableFact]
    public void An_LSTM_with_a_bias_behind_a_layer_without_gets_zeros_for_it()
    {
        LSTM lstm = LSTM(1, 3, 1);

        RnnWeights weights = OnnxExport.ReadRnn(lstm, Linear(3, 1, false));

        weights.OutputBiases.ToArray().ShouldBe([0f]);
        weights.GateBiases.ToArray().ShouldNotContain(0f);
    }

    [SkippableFact]
    public void LSTMs_that_are_no_networks_of_an_optimizer_are_refused()
    {
        Refused("weight_ih_l1", "one layer", () => OnnxExport.ReadRnn(LSTM(1, 3, 2), Linear(3, 1)));
        Refused("reverse", "one direction", () => OnnxExport.ReadRnn(LSTM(1, 3, 1, bidirectional: true), Linear(6, 1)));
        Refused("3 hidden units", "from 4 to 1", () => OnnxExport.ReadRnn(LSTM(1, 3, 1), Linear(4, 1)));
        Refused("1 inputs", "from 2 to 1", () => OnnxExport.ReadRnn(LSTM(1, 3, 1), Linear(3, 1), Linear(2, 1)));

        static void Refused(string seen, string right, Action read)
        {
            string message = Should.Throw<InputException>(read).Message;
            message.ShouldContain(seen);
            message.ShouldContain(right);
        }
    }

    private static (Sequential Classifier, ImageShape Shape) Classifier(string name) => name switch
    {
        "mnist-cnn" => (Sequential(
            Conv2d(1, 32, 3), ReLU(), Conv2d(32, 32, 3), ReLU(), MaxPool2d(2), Conv2d(32, 64, 3), ReLU(), Conv2d(64, 64, 3), ReLU(), MaxPool2d(2), Flatten(),
            Linear(1024, 200), ReLU(), Dropout(0.5), Linear(200, 200), ReLU(), Dropout(0.5), Linear(200, 10)), new ImageShape(1, 28, 28)),
        "lenet" => (Sequential(
            Conv2d(1, 20, 5), ReLU(), MaxPool2d(2), Conv2d(20, 50, 5), ReLU(), MaxPool2d(2), Flatten(), Linear(800, 500), ReLU(), Dropout(0.5), Linear(500, 10)), new ImageShape(1, 28, 28)),
        "linear" => (Sequential(Flatten(), Linear(12, 3)), new ImageShape(3, 2, 2)),
        "no biases" => (Sequential(Conv2d(2, 4, 3, bias: false), ReLU(), Flatten(), Linear(24, 5, hasBias: false)), new ImageShape(2, 4, 5)),
        "strides, groups and dilation" => (Sequential(
            Conv2d(4, 8, (3, 2), stride: (2, 1), padding: (1, 2), dilation: (1, 2), groups: 2), ReLU(), Flatten(), Linear(320, 4)), new ImageShape(4, 9, 6)),
        "pools that overlap" => (Sequential(MaxPool2d(3, stride: 2, padding: 1), Flatten(), Linear(32, 4)), new ImageShape(2, 7, 8)),
        "pools that round up" => (Sequential(MaxPool2d(2, ceil_mode: true), Flatten(), Linear(24, 4)), new ImageShape(2, 5, 7)),
        _ => (Sequential(Sequential(Conv2d(1, 2, 3), ReLU(), Dropout2d(0.1)), Sequential(Flatten(), Sequential(Linear(8, 3)))), new ImageShape(1, 4, 4)),
    };
}
