using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.OnnxSchema;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Priors;

public sealed class PriorFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Sizes of images: those of the data sets, odd and large ones, one that needs no convolution, and a flat one.</summary>
    public static TheoryData<int, int, int> Sizes => new() { { 1, 28, 28 }, { 3, 32, 32 }, { 3, 31, 37 }, { 3, 61, 70 }, { 1, 131, 97 }, { 1, 4, 4 }, { 1, 1, 30 } };

    private string File => _folder.File("prior.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_gradient_is_that_of_the_files_own_scores_by_differences(int channels, int height, int width)
    {
        const int Classes = 5;
        var shape = new ImageShape(channels, height, width);
        var network = new StudentNetwork(shape, Classes);
        PriorFile.Write(File, network, network.Initial(3), Info(shape));
        using var prior = new OnnxPrior(File);
        var random = new Random(1);
        float[] image = Uniform(shape.Length), weights = Uniform(Classes), toward = Uniform(shape.Length);
        float[] scores = new float[Classes], gradient = new float[shape.Length], unused = new float[shape.Length];
        prior.Predict(image, weights, scores, gradient);

        // Along a random direction, and along the gradient itself, where an error in a few pixels shows.
        double largest = gradient.Max(g => Math.Abs((double)g));
        foreach (float[] direction in new[] { toward, [.. gradient.Select(g => (float)(g / largest))] })
        {
            const double Step = 0.02;
            double expected = direction.Zip(gradient, (u, g) => (double)u * g).Sum();
            double found = (Sum(Step, direction) - Sum(-Step, direction)) / (2 * Step);
            found.ShouldBe(expected, 0.01 * gradient.Zip(direction, (g, u) => Math.Abs((double)g * u)).Sum());
        }

        double Sum(double step, float[] direction)
        {
            prior.Predict([.. image.Zip(direction, (x, u) => (float)(x + (step * u)))], weights, scores, unused);
            return scores.Zip(weights, (f, w) => (double)f * w).Sum();
        }

        float[] Uniform(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    [Fact]
    public void Several_images_at_once_and_one_by_one_give_the_same_bits()
    {
        var shape = new ImageShape(3, 32, 32);
        var network = new StudentNetwork(shape, 10);
        PriorFile.Write(File, network, network.Initial(3), Info(shape));
        using var prior = new OnnxPrior(File);
        var random = new Random(1);
        float[] images = [.. Enumerable.Range(0, 3 * shape.Length).Select(_ => random.NextSingle())], weights = [.. Enumerable.Range(0, 30).Select(_ => random.NextSingle())];
        float[] scores = new float[30], gradients = new float[3 * shape.Length], ownScores = new float[10], ownGradient = new float[shape.Length];
        prior.Predict(images, weights, scores, gradients);

        for (int i = 0; i < 3; i++)
        {
            prior.Predict(images.AsSpan(i * shape.Length, shape.Length), weights.AsSpan(10 * i, 10), ownScores, ownGradient);
            ownScores.Zip(scores.Skip(10 * i), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-4f);
            ownGradient.Zip(gradients.Skip(i * shape.Length), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-4f);
        }
    }

    [Fact]
    public void A_file_says_where_it_comes_from()
    {
        var shape = new ImageShape(1, 28, 28);
        var network = new StudentNetwork(shape, 10);
        PriorInfo info = Info(shape) with { Classes = 10, Target = "m.onnx", TargetSha256 = "ab", TrainedOn = "digits", Queries = 12_345, LabelsOnly = true, Seed = -4, Agreement = 0.75 };
        PriorFile.Write(File, network, network.Initial(3), info);

        PriorInfo read = PriorFile.Describe(File);

        read.ShouldBe(info with { Sha256 = read.Sha256 });
        PriorFile.IsPrior(File).ShouldBeTrue();
        using var prior = new OnnxPrior(File, "mine");
        prior.Origin.ShouldBe(new PriorOrigin("mine", read.Sha256, 12_345));
        (prior.InputLength, prior.Classes).ShouldBe((784, 10));
    }

    [Fact]
    public void The_same_weights_give_the_same_bytes()
    {
        var shape = new ImageShape(1, 28, 28);
        var network = new StudentNetwork(shape, 10);

        PriorFile.ToBytes(network, network.Initial(3), Info(shape)).ShouldBe(PriorFile.ToBytes(new StudentNetwork(shape, 10), network.Initial(3), Info(shape)));
        network.Initial(4).ShouldNotBe(network.Initial(3));
    }

    [Theory]
    [InlineData("kind", "zo learned optimizer", "is no prior")]
    [InlineData("formatVersion", "2", "version 2")]
    [InlineData("queries", "many", "'queries'")]
    [InlineData("seed", "x", "'seed'")]
    [InlineData("agreement", "", "'agreement'")]
    public void A_file_with_wrong_metadata_is_refused(string key, string value, string says) =>
        Refused(file => file.MetadataProps.First(entry => entry.Key == key).Value = value, says);

    [Fact]
    public void A_file_with_other_inputs_or_outputs_is_refused()
    {
        Refused(file => file.Graph!.Input[1].Name = "class", "does not map image");
        Refused(file => file.Graph!.Output.RemoveAt(0), "does not map image");
        Refused(file => file.Graph!.Node[0].OpType = "Nonsense", "cannot be run");
    }

    [Fact]
    public void A_classifier_is_refused_as_a_prior()
    {
        Should.Throw<InputException>(() => new OnnxPrior(BundledFile.Path("mnist-lenet.onnx"))).Message.ShouldContain("is no prior");
        Should.Throw<InputException>(() => new OnnxPrior(_folder.File("missing.onnx"))).Message.ShouldContain("does not exist");
    }

    private static PriorInfo Info(ImageShape shape) => new() { Image = shape, Classes = 5 };

    private void Refused(Action<Model> change, string says)
    {
        var network = new StudentNetwork(new ImageShape(1, 4, 4), 3);
        Model file = Fields.Read<Model>(PriorFile.ToBytes(network, network.Initial(1), Info(network.Image)));
        change(file);
        System.IO.File.WriteAllBytes(File, Fields.Write(file));

        string message = Should.Throw<InputException>(() => new OnnxPrior(File)).Message;
        message.ShouldContain(says, Case.Sensitive);
        message.ShouldContain(File, Case.Sensitive);
    }
}
