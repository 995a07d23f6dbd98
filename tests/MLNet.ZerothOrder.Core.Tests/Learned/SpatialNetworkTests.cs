using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Numerics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Learned;

/// <summary>The part of a proximal step that sees images.</summary>
public sealed class SpatialNetworkTests
{
    private const int Q = 6;
    private static readonly SpatialWeights Weights = Models.DrawSpatial();

    [Theory]
    [InlineData(2, 2)]
    [InlineData(5, 3)]
    [InlineData(28, 28)]
    [InlineData(9, 33)]
    public void Its_numbers_are_those_of_the_convolutions_written_out(int height, int width)
    {
        float[] maps = Models.Normals(RandomKey.FromSeed(2), SpatialWeights.Maps * height * width), scalars = Models.Normals(RandomKey.FromSeed(3), SpatialWeights.Scalars);
        var planes = new SpatialPlanes(height, width);
        float[] outputs = new float[8 * planes.Length];

        Weights.Network.Run(planes, scalars, Padded(planes, maps), new float[8 * planes.Length], outputs);

        double[] expected = Naive(height, width, maps, scalars);
        for (int i = 0; i < expected.Length; i++)
        {
            int plane = i / (height * width), pixel = i % (height * width);
            outputs[(plane * planes.Length) + planes.Row(pixel / width) + (pixel % width)].ShouldBe((float)expected[i], 1e-4f, $"number {i}");
        }
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(3, 7, 19)]
    [InlineData(1, 28, 28)]
    public void Every_register_width_gives_the_same_bits(int channels, int height, int width)
    {
        var shape = new ImageShape(channels, height, width);
        var planes = new SpatialPlanes(height, width);
        Case state = new(shape, seed: 4);
        float[] scalar = Everything<ScalarLane>();

        Bits.MustEqual(Everything<Lanes128>(), scalar, "4 lanes");
        Bits.MustEqual(Everything<Lanes256>(), scalar, "8 lanes");
        Bits.MustEqual(Everything<Lanes512>(), scalar, "16 lanes");

        float[] Everything<TLanes>()
            where TLanes : struct, ILanes<TLanes>
        {
            float[] maps = new float[SpatialWeights.Maps * planes.Length], to = new float[8 * planes.Length], deviation = new float[shape.Length];
            var window = new float[width + height];
            SpatialMaps.Window(shape, window);
            new SpatialMaps(shape, planes, 0.7f, state.Memory, state.Fast, state.Objective.Image, state.Theta, state.Objective.Known!.Lower.Span, state.Objective.Known.Upper.Span, state.Update, window, maps).Run<TLanes>();
            new SpatialKernel(planes, SpatialWeights.Maps, 2, Models.Normals(RandomKey.FromSeed(5), 8 * 9 * SpatialWeights.Maps), new float[8], maps, maps, to).Run<TLanes>();
            new SpatialDeviation(shape, planes, to, state.Memory, 0.5f, deviation).Run<TLanes>();
            return [.. maps, .. to, .. deviation];
        }
    }

    [Fact]
    public void Places_outside_the_image_stay_zeros()
    {
        var planes = new SpatialPlanes(3, 5);
        var to = new float[8 * planes.Length];

        WidestLanes.Run(new SpatialKernel(planes, 1, 1, new float[8 * 9], Enumerable.Repeat(1f, 8).ToArray(), new float[planes.Length], default, to));

        to.Sum().ShouldBe(8 * 15);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_maps_are_the_means_of_the_channels(int channels)
    {
        var shape = new ImageShape(channels, 4, 5);
        Case state = new(shape, seed: 6);
        float[] maps = new float[SpatialWeights.Maps * 20], scalars = new float[SpatialWeights.Scalars];
        state.Optimizer.See(state.Step, state.Theta, state.State, maps, scalars).ShouldBeTrue();

        double r2 = state.Memory.Average(g => (double)g * g);
        KnownTerm known = state.Objective.Known!;
        for (int pixel = 0; pixel < 20; pixel++)
        {
            int[] at = [.. Enumerable.Range(0, channels).Select(c => (20 * c) + pixel)];
            double Mean(Func<int, double> value) => at.Average(value);
            double x = (((pixel % 5) + 0.5) / 5) - 0.5, y = (((pixel / 5) + 0.5) / 4) - 0.5;
            double change = 4 * Mean(i => Math.Abs(state.Theta[i])), moved = 10 * Mean(i => Math.Abs(state.Update[i]));
            double[] expected =
            [
                0.5 * Math.Log((Mean(i => state.Memory[i] * state.Memory[i]) / r2) + 0.02),
                0.5 * Math.Log((Mean(i => Math.Pow(state.Memory[i] - state.Fast[i], 2)) / r2) + 0.02),
                Mean(i => state.Objective.Image[i]) - 0.5,
                change / (1 + change),
                Mean(i => state.Theta[i] != 0 ? 1 : 0),
                Mean(i => state.Theta[i] <= known.Lower.Span[i] ? 1 : 0),
                Mean(i => state.Theta[i] >= known.Upper.Span[i] ? 1 : 0),
                Math.Exp(-((x * x) + (y * y)) / (2 * 0.27 * 0.27)),
                moved / (1 + moved),
            ];
            for (int m = 0; m < expected.Length; m++)
            {
                maps[(20 * m) + pixel].ShouldBe((float)expected[m], 1e-5f, $"map {m}, pixel {pixel}");
            }
        }

        int t = Case.Number - 1;
        double[] shared = [Math.Log(1 + ((double)t * Q / shape.Length)), 0.3 * Math.Log((double)Q / shape.Length), Math.Exp(-t / 4.0), 0.3 * Math.Log((0.1 / Math.Sqrt(r2)) + 1e-3), 1, 0.25];
        scalars.Zip(shared, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Directions_have_the_deviations_whatever_the_signs_and_scale_of_the_estimate()
    {
        var shape = new ImageShape(1, 8, 24);
        float[] expected = Deviation(1, 0.1), flipped = Deviation(-1, 0.1), scaled = Deviation(4, 0.4);

        expected.Average(s => s * s).ShouldBe(1, 1e-5f);
        expected.Max().ShouldBeGreaterThan(2 * expected.Min());
        Bits.MustEqual(flipped, expected, "signs");
        Bits.MustEqual(scaled, expected, "scale");

        float[] Deviation(float factor, double weight)
        {
            Case state = new(shape, seed: 7, factor, weight);
            const int Rows = 400;
            var optimizer = new LearnedProximalOptimizer("plus", state.Model, directions: Rows);
            float[] rows = new float[Rows * shape.Length], deviation = new float[shape.Length];
            Weights.Network.Deviation(shape, new SpatialView(state.Step, Q, state.Theta, state.Memory, state.Fast, state.Update, true, 0.25f), deviation);
            optimizer.Ask(state.Step, state.Theta, state.State, rows);
            float[] seen = new float[shape.Length];
            Weights.Network.Deviation(shape, new SpatialView(state.Step, Rows, state.Theta, state.Memory, state.Fast, state.Update, true, 0.25f), seen);
            for (int i = 0; i < shape.Length; i++)
            {
                // A sixth is nearly five standard errors of a deviation from 400 rows.
                int at = i;
                Math.Sqrt(Enumerable.Range(0, Rows).Average(row => Math.Pow(rows[(row * shape.Length) + at], 2))).ShouldBe(seen[i], seen[i] / 6, $"coordinate {i}");
            }

            return deviation;
        }
    }

    [Fact]
    public void In_colour_without_rows_and_columns_or_in_a_ball_the_optimizer_asks_as_without_it()
    {
        foreach (AttackLoss loss in (AttackLoss[])[new AttackLoss(), new AttackLoss { Transform = BoxTransform.Tanh }, new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = 0.1 }])
        {
            MustBeSame(new AttackObjective(new float[48], 0, 2, loss) { Shape = new ImageShape(3, 4, 4) });
        }

        MustBeSame(new AttackObjective(new float[48], 0, 2, new AttackLoss { Transform = BoxTransform.Tanh }) { Shape = new ImageShape(1, 6, 8) });

        MustBeSame(new AttackObjective(new float[48], 0, 2, new AttackLoss()) { Shape = new ImageShape(1, 1, 48) });

        static void MustBeSame(AttackObjective objective)
        {
            LearnedModel model = Models.DrawProximal() with { SeesImages = true };
            float[] with = Ask(model with { Spatial = Weights }), without = Ask(model);
            Bits.MustEqual(with, without, objective.Shape.ToString());

            float[] Ask(LearnedModel asked)
            {
                var optimizer = new LearnedProximalOptimizer("plus", asked, directions: Q);
                float[] state = new float[optimizer.StateLength(48)], rows = new float[Q * 48];
                optimizer.Ask(new OptimizerStep(RandomKey.FromSeed(1), 1, 10, 1e-3f, objective), new float[48], state, rows);
                return rows;
            }
        }
    }

    [Fact]
    public void After_the_first_step_it_allocates_nothing()
    {
        Case state = new(new ImageShape(3, 12, 20), seed: 8);
        var deviation = new float[720];
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);

        void Run() => Weights.Network.Deviation(
            new ImageShape(3, 12, 20), new SpatialView(state.Step, Q, state.Theta, state.Memory, state.Fast, state.Update, true, 0.25f), deviation);
    }

    [Fact]
    public void Wrong_weights_are_refused()
    {
        Should.Throw<ArgumentException>(() => new SpatialWeights(new float[3])).Message.ShouldStartWith("3 values were given, but the network has 1890 weights.");
        float[] values = [.. Weights.Values];
        values[7] = float.NaN;
        Should.Throw<ArgumentException>(() => new SpatialWeights(values)).Message.ShouldStartWith("Weight 7 is NaN");
        Should.Throw<ArgumentException>(() => Models.DrawProximal() with { Spatial = Weights }).Message.ShouldStartWith("Only a proximal step that sees images has a spatial part");
    }

    private static float[] Padded(SpatialPlanes planes, float[] maps)
    {
        var padded = new float[SpatialWeights.Maps * planes.Length];
        for (int i = 0; i < maps.Length; i++)
        {
            int plane = i / (planes.Height * planes.Width), pixel = i % (planes.Height * planes.Width);
            padded[(plane * planes.Length) + planes.Row(pixel / planes.Width) + (pixel % planes.Width)] = maps[i];
        }

        return padded;
    }

    private static double[] Naive(int height, int width, float[] maps, float[] scalars)
    {
        int pixels = height * width, next = 0;
        Dictionary<string, double[]> tensors = [];
        foreach ((string name, int[] shape) in SpatialWeights.Tensors)
        {
            int count = shape.Aggregate((a, b) => a * b);
            tensors[name] = [.. Weights.Values.Slice(next, count).ToArray().Select(x => (double)x)];
            next += count;
        }

        double[] shifted = [.. tensors["b1"].Select((b, o) => b + scalars.Select((s, i) => s * tensors["S"][(o * scalars.Length) + i]).Sum())];
        double[] first = Rectified(Layer([.. maps.Select(x => (double)x)], "W1", shifted, 9, 1));
        double[] second = Sum(Rectified(Layer(first, "W2", tensors["b2"], 9, 2)), first);
        double[] third = Sum(Rectified(Layer(second, "W3", tensors["b3"], 9, 4)), second);
        return Layer(third, "W4", tensors["b4"], 1, 1);

        double[] Layer(double[] from, string weights, double[] biases, int places, int distance)
        {
            int inputs = from.Length / pixels;
            var to = new double[biases.Length * pixels];
            for (int at = 0; at < to.Length; at++)
            {
                int o = at / pixels, y = at % pixels / width, x = at % pixels % width;
                to[at] = biases[o];
                for (int i = 0; i < inputs; i++)
                {
                    for (int place = 0; place < places; place++)
                    {
                        int fromY = y + (places == 1 ? 0 : ((place / 3) - 1) * distance), fromX = x + (places == 1 ? 0 : ((place % 3) - 1) * distance);
                        bool isInside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
                        to[at] += isInside ? tensors[weights][(((o * inputs) + i) * places) + place] * from[(i * pixels) + (fromY * width) + fromX] : 0;
                    }
                }
            }

            return to;
        }

        static double[] Rectified(double[] x) => [.. x.Select(v => Math.Max(0, v))];

        static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
    }

    /// <summary>A step in the middle of an attack, with random numbers as its state.</summary>
    private sealed class Case
    {
        public const int Number = 4;

        public Case(ImageShape shape, long seed, float factor = 1, double weight = 0.1)
        {
            RandomKey key = RandomKey.FromSeed(seed);
            int d = shape.Length;
            float[] image = [.. Models.Normals(key.Derive(1), d, 0.4f).Select(x => Math.Clamp(x + 0.5f, 0, 1))];
            Objective = new AttackObjective(image, 0, 2, new AttackLoss { DistortionWeight = weight }) { Shape = shape };
            Theta = [.. Models.Normals(key.Derive(2), d, 0.4f).Select((x, i) => i % 3 == 0 ? 0 : Math.Clamp(x, -image[i], 1 - image[i]))];
            Memory = [.. Models.Normals(key.Derive(3), d).Select(x => factor * x)];
            Fast = [.. Models.Normals(key.Derive(4), d).Select(x => factor * x)];
            Update = Models.Normals(key.Derive(5), d, 0.1f);
            Model = Models.DrawProximal() with { SeesImages = true, Spatial = Weights };
            Optimizer = new LearnedProximalOptimizer("plus", Model, directions: Q);
            State = new float[Optimizer.StateLength(d)];
            Memory.CopyTo(State.AsSpan(State.Length - (4 * d) - 3));
            Fast.CopyTo(State.AsSpan(State.Length - (3 * d) - 3));
            Update.CopyTo(State.AsSpan(State.Length - d - 3));
            State[^1] = 0.25f;
            State[State.Length - 3 - (4 * d) - SideSearch.StateLength(d) - 1] = 1;
        }

        public LearnedModel Model { get; }

        public LearnedProximalOptimizer Optimizer { get; }

        public AttackObjective Objective { get; }

        public float[] Theta { get; }

        public float[] Memory { get; }

        public float[] Fast { get; }

        public float[] Update { get; }

        public float[] State { get; }

        public OptimizerStep Step => new(RandomKey.FromSeed(1), Number, 100, 1e-3f, Objective);
    }
}
