using Shouldly;

namespace MLNet.ZerothOrder.Tests.Engine;

public sealed class AllocationTests
{
    public static TheoryData<string, string, int?> Rounds
    {
        get
        {
            var data = new TheoryData<string, string, int?>();
            foreach (string optimizer in new OptimizerRegistry().Names)
            {
                foreach (string objective in (string[])["function", "clip", "tanh"])
                {
                    data.Add(optimizer, objective, null);
                    data.Add(optimizer, objective, 3);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rounds))]
    public void After_its_first_rounds_a_run_allocates_nothing(string optimizer, string kind, int? batchRows)
    {
        const int Problems = 4;
        const int Iterations = 40;
        var image = new float[16];
        Array.Fill(image, 0.5f);
        Problem[] problems =
        [
            .. Enumerable.Range(0, Problems).Select(i => new Problem(
                "p",
                kind == "function"
                    ? new FunctionObjective(16)
                    : new AttackObjective(image, 0, 2, new AttackLoss { Transform = kind == "tanh" ? BoxTransform.Tanh : BoxTransform.Clip, Norm = (DistortionNorm)(i % 3) }),
                new OptimizerRegistry().Create(optimizer, new OptimizerSettings { StepSize = 0.01 }),
                0.001f,
                RandomKey.FromSeed(i),
                new RunLimits { Iterations = Iterations })),
        ];
        using var oracle = new DelegateOracle(16, 2, static (input, _, scores) =>
        {
            // A margin that stays above 0: keeping a first solution is not part of a round.
            scores[0] = 10 + input[0];
            scores[1] = 0;
        });

        // With one caller, the engine's only thread is this one.
        var allocated = new long[Problems * (Iterations + 1)];
        int at = 0;
        new BatchedEngine(oracle, Problems, batchRows).Run(problems, progress: _ => allocated[at++] = GC.GetAllocatedBytesForCurrentThread());

        at.ShouldBe(allocated.Length);
        (allocated[^1] - allocated[3 * Problems]).ShouldBe(0);
    }
}
