using Shouldly;

namespace MLNet.ZerothOrder.Tests.Optimizers;

public sealed class DirectSearchTests
{
    [Fact]
    public void A_pair_that_fails_is_tried_both_ways_from_the_same_point_before_the_radius_shrinks()
    {
        var search = new DirectSearch();
        float[] theta = [0.5f, 0.5f, 0.5f];
        var state = new float[search.StateLength(3)];
        var lengths = new List<double>();
        float[] last = [];
        for (int t = 1; t <= 8; t++)
        {
            float[] direction = Ask(search, t, theta, state);
            if (t % 2 == 0)
            {
                direction.ShouldBe([.. last.Select(x => -x)]);
            }

            last = direction;
            lengths.Add(state[3]);
            Tell(search, t, direction, theta, state, 0, 1);
        }

        theta.ShouldBe([0.5f, 0.5f, 0.5f]);

        // 3 at first, which zeros stand for; then three quarters of it after each pair.
        lengths.Select(r => Math.Round(r, 3)).ShouldBe([0, 3, 2.25, 2.25, 1.688, 1.688, 1.266, 1.266]);
    }

    [Fact]
    public void A_better_point_is_where_the_next_step_starts_and_an_equal_one_is_not()
    {
        var search = new DirectSearch();
        float[] theta = [0, 0];
        var state = new float[search.StateLength(2)];
        float[] direction = Ask(search, 1, theta, state);

        Tell(search, 1, direction, theta, state, 1, 1);
        theta.ShouldBe([0f, 0f]);
        direction = Ask(search, 2, theta, state);
        Tell(search, 2, direction, theta, state, 1, 0.5);
        theta.ShouldBe([.. direction.Select(x => 0.05f * x)]);
    }

    [Fact]
    public void The_radius_starts_anew_once_it_is_small_and_may_then_become_smaller()
    {
        var search = new DirectSearch(2);
        float[] theta = [0];
        var state = new float[search.StateLength(1)];
        var radii = new List<float>();
        for (int t = 1; t <= 40; t++)
        {
            float[] directions = Ask(search, t, theta, state);
            Tell(search, t, directions, theta, state, 0, 1, 1);
            radii.Add(state[1]);
        }

        int first = radii.IndexOf(3);
        int second = radii.IndexOf(3, first + 1);
        first.ShouldBeGreaterThan(0);
        (second - first).ShouldBeGreaterThan(first + 1);
        radii.Min().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_choice_jumps_to_the_middle_of_another_cell_or_stays_and_every_cell_has_its_turn()
    {
        var search = new DirectSearch(1, [0, 4]);
        var cells = new int[4];
        int stays = 0;
        for (int t = 1; t <= 400; t++)
        {
            float[] theta = [0.5f, 0.1f];
            float[] direction = Ask(search, t, theta, new float[search.StateLength(2)]);
            direction[0].ShouldNotBe(0);
            double at = theta[1] + (0.05 * direction[1]);
            if (direction[1] == 0)
            {
                stays++;
                continue;
            }

            int cell = (int)(4 * at);
            at.ShouldBe((cell + 0.5) / 4, 1e-6);
            cells[cell]++;
        }

        stays.ShouldBeInRange(200, 280);
        cells[0].ShouldBe(0);
        cells.Skip(1).ShouldAllBe(count => count > 15);
    }

    [Fact]
    public void The_best_of_several_choices_and_of_a_number_beside_them_is_found()
    {
        // Of 5 × 3 pairs of choices one is best, and for it the number matters.
        static double Loss(ReadOnlySpan<float> x)
        {
            int a = Math.Min(4, (int)(5 * x[0]));
            int b = Math.Min(2, (int)(3 * x[1]));
            return (a == 3 ? 0 : 1 + (0.1 * a)) + (b == 2 ? 0 : 1) + Math.Abs(x[2] - 0.8);
        }

        for (int seed = 0; seed < 20; seed++)
        {
            var options = new TunerOptions { Optimizer = new DirectSearch(1, [5, 3, 0]), Budget = 120, Seed = seed };
            BlackBoxTuner.Minimize(Loss, BoxBounds.Cube(3, 0, 1), options).BestLoss.ShouldBeLessThan(0.1, $"seed {seed}");
        }
    }

    [Fact]
    public void Where_there_are_only_choices_tuning_ends_when_all_were_tried()
    {
        var options = new TunerOptions { Optimizer = new DirectSearch(1, [3, 2]), Budget = 1000, Exploration = 1, Start = [0.5f, 0.25f] };
        TunerResult result = BlackBoxTuner.Minimize(x => x[0] + x[1], BoxBounds.Cube(2, 0, 1), options);

        result.Stop.ShouldBe(StopReason.NoImprovement);
        result.BestLoss.ShouldBe((1 / 6.0) + 0.25, 1e-6);
    }

    [Fact]
    public void Choices_of_another_number_of_coordinates_are_refused() =>
        Should.Throw<InputException>(() => BlackBoxTuner.Minimize(_ => 0, BoxBounds.Cube(3, 0, 1), new TunerOptions { Optimizer = new DirectSearch(1, [2]) }))
            .Message.ShouldContain("1 coordinates, but the problem has 3");

    private static OptimizerStep Step(int number) =>
        new(RandomKey.FromSeed(7).Derive((ulong)number), number, 100, 0.05f, new FunctionObjective(1));

    private static float[] Ask(DirectSearch search, int number, float[] theta, float[] state)
    {
        var directions = new float[search.Directions * theta.Length];
        search.Ask(Step(number), theta, state, directions);
        return directions;
    }

    private static void Tell(DirectSearch search, int number, float[] directions, float[] theta, float[] state, params double[] losses) =>
        search.Tell(Step(number), directions, [.. losses.Select(loss => new Evaluation(loss, loss, false))], theta, state);
}
