using System.Text.RegularExpressions;
using MLNet.ZerothOrder.Numerics;
using MLNet.ZerothOrder.Tests.Learned;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Numerics;

/// <summary>
/// A vector that is cut into pieces gives the same bits, whatever the pieces' lengths. TensorPrimitives' own exponentials, logarithms and hyperbolic tangents do not:
/// in spans of 1 to 3 floats they are computed in another way than in longer ones.
/// </summary>
public sealed class SpanLengthTests
{
    private const int Length = 131;

    private static readonly float[] X = Values(1), Y = Values(2), Z = [.. Values(3).Select(Math.Abs)];

    private delegate void Map(int from, int count, Span<float> destination);

    private static Dictionary<string, Map> Maps => new()
    {
        ["Axpy"] = (from, count, to) =>
        {
            Y.AsSpan(from, count).CopyTo(to);
            SimdKernels.Axpy(0.37f, X.AsSpan(from, count), to);
        },
        ["ScaledAdd"] = (from, count, to) => SimdKernels.ScaledAdd(X.AsSpan(from, count), -0.37f, Y.AsSpan(from, count), to),
        ["AddClip"] = (from, count, to) => SimdKernels.AddClip(X.AsSpan(from, count), Y.AsSpan(from, count), to),
        ["SoftThreshold"] = (from, count, to) => SimdKernels.SoftThreshold(X.AsSpan(from, count), Y.AsSpan(from, count), Z.AsSpan(from, count), to),
        ["Tanh"] = (from, count, to) => SimdKernels.Tanh(X.AsSpan(from, count), to),
        ["Sigmoid"] = (from, count, to) => SimdKernels.Sigmoid(X.AsSpan(from, count), to),
        ["TanhBox"] = (from, count, to) => SimdKernels.TanhBox(X.AsSpan(from, count), to),
        ["TanhBoxInverse"] = (from, count, to) => SimdKernels.TanhBoxInverse(Z.AsSpan(from, count), 1e-6f, to),
        ["ℓ1 prox"] = (from, count, to) =>
        {
            X.AsSpan(from, count).CopyTo(to);
            float[] lower = [.. Enumerable.Repeat(-2f, count)], upper = [.. Enumerable.Repeat(2f, count)];
            double radius = 0;
            new DistortionProx(Z.AsSpan(from, count), Y.AsSpan(from, count), lower, upper, to).Apply(DistortionNorm.L1, ref radius);
        },
        ["normal numbers"] = (from, count, to) => CounterRandom.Normals(RandomKey.FromSeed(3), from, to),
        ["uniform numbers"] = (from, count, to) => CounterRandom.Uniforms(RandomKey.FromSeed(3), from, to),
        ["features of a proximal step"] = (from, count, to) =>
        {
            var features = new float[ProximalFeatures.Own * count];
            ReadOnlySpan<float> x = X.AsSpan(from, count), y = Y.AsSpan(from, count), z = Z.AsSpan(from, count);
            WidestLanes.Run(new ProximalFeatures(x, y, y, x, y, z, z, y, 0.7f, 1.3f, 0.9f, features));
            Sum(features, to);
        },
        ["outputs of a proximal step"] = (from, count, to) =>
        {
            float[] outputs = [.. X.AsSpan(from, count), .. Y.AsSpan(from, count), .. Z.AsSpan(from, count)], rates = new float[count];
            WidestLanes.Run(new ProximalOutputs(Y.AsSpan(from, count), outputs, 0.8f, 0.1f, 4, to, rates));
            Sum([.. to, .. rates], to);
        },
        ["offset magnitudes"] = (from, count, to) => WidestLanes.Run(new MapKernel<OffsetMagnitudeMap>(0, X.AsSpan(from, count), default, default, to)),
    };

    public static TheoryData<string> Names => [.. Maps.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_map_of_a_vector_in_pieces_has_the_bits_of_the_whole(string name)
    {
        Map map = Maps[name];
        var whole = new float[Length];
        map(0, Length, whole);
        whole.Distinct().Count().ShouldBeGreaterThan(2, "a map that gives something");
        InPieces(whole, map, name);
    }

    [Theory]
    [InlineData(1, 1, false, false)]
    [InlineData(2, 1, true, false)]
    [InlineData(4, 3, true, false)]
    [InlineData(16, 3, true, true)]
    public void A_coordinatewise_network_in_pieces_has_the_bits_of_the_whole(int inputs, int outputs, bool hasBias, bool hasSkip)
    {
        var network = new ManagedRnn(Models.Draw(RandomKey.FromSeed(5), inputs, 9, hasBias, outputs, hasSkip));
        var whole = new float[Length];
        Steps(0, Length, whole);
        InPieces(whole, Steps, "network");

        // Three steps, so that the cells' states count too.
        void Steps(int from, int count, Span<float> to)
        {
            var state = new float[network.StateLength(count)];
            var made = new float[outputs * count];
            for (int step = 0; step < 3; step++)
            {
                float[] rows = [.. Enumerable.Range(0, inputs).SelectMany(row => Enumerable.Range(from, count).Select(i => X[(i + (7 * row) + step) % Length]))];
                network.Run(rows, state, made);
            }

            Sum(made, to);
        }
    }

    [Fact]
    public void Sources_use_only_those_tensor_primitives_that_round_exactly()
    {
        string[] exact = ["Abs", "Add", "Clamp", "ConvertChecked", "ConvertToHalf", "ConvertToSingle", "ConvertTruncating", "Divide", "IndexOfMax", "Max", "MaxMagnitude", "Min", "Multiply", "Subtract"];
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MLNet.ZerothOrder.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        // CosineSimilarity is a figure of an experiment.
        string[] used = [.. Directory.EnumerateFiles(Path.Combine(folder, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"TensorPrimitives\.(\w+)").Select(match => match.Groups[1].Value)).Distinct().Order()];
        used.ShouldNotBeEmpty();
        used.Except(exact).ShouldBe(["CosineSimilarity"]);
    }

    private static void InPieces(float[] whole, Map map, string name)
    {
        for (int piece = 1; piece <= 40; piece++)
        {
            for (int first = 1; first <= Math.Min(piece, 5); first++)
            {
                var parts = new float[Length];
                for (int from = 0, count = first; from < Length; from += count, count = Math.Min(piece, Length - from))
                {
                    map(from, count, parts.AsSpan(from, count));
                }

                Bits.MustEqual(parts, whole, $"{name} in pieces of {piece} after one of {first}");
            }
        }
    }

    // Rows added up in one order per coordinate, so that each bit of each row counts.
    private static void Sum(ReadOnlySpan<float> rows, Span<float> to)
    {
        int count = to.Length;
        var sums = new float[count];
        for (int i = 0; i < rows.Length; i++)
        {
            sums[i % count] = MathF.FusedMultiplyAdd(sums[i % count], 1.7f, rows[i]);
        }

        sums.CopyTo(to);
    }

    private static float[] Values(int seed) => Models.Normals(RandomKey.FromSeed(seed), Length, 3);
}
