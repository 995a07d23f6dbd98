using Shouldly;

namespace MLNet.ZerothOrder.Tests.Estimators;

public sealed class DirectionSamplerTests
{
    public static TheoryData<string, int> SamplersAndDimensions
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string sampler in Samplers.Names)
            {
                foreach (int dimension in (int[])[1, 3, 8, 17, 100])
                {
                    data.Add(sampler, dimension);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SamplersAndDimensions))]
    public void A_row_depends_on_the_key_and_its_own_number_alone(string name, int dimension)
    {
        const int Most = 23;
        IDirectionSampler sampler = Samplers.Create(name);
        float[] gradient = [.. Enumerable.Range(0, dimension).Select(i => MathF.Sin(i + 1))];
        float[] update = [.. Enumerable.Range(0, dimension).Select(i => MathF.Cos(3 * i))];
        RandomKey key = RandomKey.FromSeed(9);
        var whole = new float[Most * dimension];
        sampler.Sample(key, gradient, update, whole);

        for (int rows = 1; rows < Most; rows++)
        {
            var some = new float[rows * dimension];
            sampler.Sample(key, gradient, update, some);
            some.AsSpan().SequenceEqual(whole.AsSpan(0, some.Length)).ShouldBeTrue($"{rows} rows");
        }
    }

    [Theory]
    [MemberData(nameof(SamplersAndDimensions))]
    public void Another_key_draws_other_directions(string name, int dimension)
    {
        // One coordinate leaves a coordinate sampler no choice.
        IDirectionSampler sampler = Samplers.Create(name);
        var draws = new HashSet<string>();
        for (int seed = 0; seed < 20; seed++)
        {
            var directions = new float[4 * dimension];
            sampler.Sample(RandomKey.FromSeed(seed), new float[dimension], new float[dimension], directions);
            draws.Add(string.Join(' ', directions));
        }

        int least = name == "coordinate" ? (dimension == 1 ? 1 : 3) : 20;
        draws.Count.ShouldBeGreaterThanOrEqualTo(least);
    }
}
