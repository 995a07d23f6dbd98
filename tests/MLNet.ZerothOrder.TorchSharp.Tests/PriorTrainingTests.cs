using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using Shouldly;
using static TorchSharp.torch;

namespace MLNet.ZerothOrder.Tests;

public sealed class PriorTrainingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public PriorTrainingTests() => NeedsLibtorch.OrSkip();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(1, 28, 28)]
    [InlineData(3, 37, 50)]
    [InlineData(1, 4, 4)]
    public void The_files_gradient_is_that_of_autograd(int channels, int height, int width)
    {
        const int Classes = 4;
        var shape = new ImageShape(channels, height, width);
        var network = new StudentNetwork(shape, Classes);
        float[] values = network.Initial(2), weights = [1, 0, -1, 0.5f], pixels = [.. Enumerable.Range(0, shape.Length).Select(i => (float)((Math.Sin(i) + 1) / 2))];
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Tensor image = StudentLoss.Copy(pixels, 1, channels, height, width).requires_grad_();
        Tensor expected = StudentLoss.Scores(network, StudentLoss.Copy(values, values.Length), image);
        float[] slopes = StudentLoss.Floats(autograd.grad([expected.mul(StudentLoss.Copy(weights, 1, Classes)).sum()], [image])[0]).ToArray();
        string path = _folder.File("p.onnx");
        PriorFile.Write(path, network, values, new PriorInfo { Image = shape, Classes = Classes });
        using var prior = new OnnxPrior(path);
        float[] scores = new float[Classes], gradient = new float[shape.Length];

        prior.Predict(pixels, weights, scores, gradient);

        Error(scores, StudentLoss.Floats(expected.detach()).ToArray()).ShouldBeLessThan(1e-4);
        Error(gradient, slopes).ShouldBeLessThan(1e-4);
    }

    [SkippableTheory]
    [InlineData(false, 0.9)]
    [InlineData(true, 0.75)]
    public void A_student_learns_the_answers_and_costs_its_budget(bool labelsOnly, double agreement)
    {
        long asked = 0;
        using var oracle = Teacher(() => asked++);
        PriorResult result = Session(oracle, "p.onnx", labelsOnly).Run();

        (asked, result.Queries).ShouldBe((400, 400));
        result.Points.Select(point => point.Epoch).ShouldBe(Enumerable.Range(1, 8));
        PriorInfo info = PriorFile.Describe(_folder.File("p.onnx"));
        info.Agreement.ShouldBe(result.Points.Last(point => point.IsBest).Agreement);
        info.Agreement.ShouldBeGreaterThan(agreement);
        (info.Queries, info.LabelsOnly, info.Seed).ShouldBe((400, labelsOnly, 5));
    }

    [SkippableFact]
    public void An_interrupted_training_resumes_to_the_same_bytes_without_asking_again()
    {
        long asked = 0;
        using var oracle = Teacher(() => asked++);
        Session(oracle, "whole.onnx", false).Run();
        using var cancellation = new CancellationTokenSource();
        PriorResult cut = Session(oracle, "cut.onnx", false).Run(point =>
        {
            if (point.Epoch == 3)
            {
                cancellation.Cancel();
            }
        }, cancellation.Token);
        cut.Partial.ShouldBeTrue();
        asked.ShouldBe(800);

        PriorResult resumed = Session(oracle, "cut.onnx", false).Run();

        asked.ShouldBe(800);
        resumed.Partial.ShouldBeFalse();
        File.ReadAllBytes(_folder.File("cut.onnx")).ShouldBe(File.ReadAllBytes(_folder.File("whole.onnx")));
        File.Exists(_folder.File("cut.onnx.checkpoint")).ShouldBeFalse();
    }

    [SkippableFact]
    public void A_checkpoint_of_other_options_is_refused()
    {
        using var oracle = Teacher(() => { });
        using var cancellation = new CancellationTokenSource();
        Session(oracle, "cut.onnx", false).Run(_ => cancellation.Cancel(), cancellation.Token);

        Should.Throw<InputException>(() => Session(oracle, "cut.onnx", true).Run()).Message.ShouldContain("answers = scores, not labels");
        File.WriteAllBytes(_folder.File("cut.onnx.checkpoint"), [1, 2, 3]);
        Should.Throw<InputException>(() => Session(oracle, "cut.onnx", false).Run()).Message.ShouldContain("is not a checkpoint of a prior's training");
    }

    private static double Error(float[] seen, float[] expected) => seen.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);

    // A linear classifier of generated digits, with fixed random weights.
    private static DelegateOracle Teacher(Action asked)
    {
        var random = new Random(1);
        float[] weights = [.. Enumerable.Range(0, 4 * 784).Select(_ => (float)(random.NextDouble() - 0.5))];
        return new DelegateOracle(784, 4, (input, _, scores) =>
        {
            asked();
            for (int k = 0; k < 4; k++)
            {
                scores[k] = System.Numerics.Tensors.TensorPrimitives.Dot(input, weights.AsSpan(k * 784, 784));
            }
        });
    }

    private PriorSession Session(IQueryOracle oracle, string name, bool labelsOnly)
    {
        ImageSet digits = GeneratedDigits.Create(250, GeneratedDigits.TrainSeed);
        var options = new PriorOptions { Budget = 400, Epochs = 8, Seed = 5, LabelsOnly = labelsOnly, LearningRate = 0.005 };
        return new PriorSession(new PriorTraining(oracle, digits, options, new TorchSharpBackend()), _folder.File(name), new PriorInfo { Image = digits.Shape, Classes = 4 });
    }
}
