using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;
using Shouldly;
using Space = Microsoft.ML.SearchSpace.SearchSpace;

namespace MLNet.ZerothOrder.Tests;

public sealed class ZerothOrderTunerTests
{
    private static Space Mixed() => new()
    {
        ["depth"] = new UniformIntOption(1, 5),
        ["kind"] = new ChoiceOption("a", "b", "c", "d"),
        ["rate"] = new UniformDoubleOption(1e-4, 1, logBase: true, defaultValue: 0.01),
        ["fixed"] = new ChoiceOption("only"),
    };

    private static double Loss(Parameter parameter) =>
        (parameter["kind"].AsType<string>() == "c" ? 0 : 1)
            + Math.Abs(parameter["depth"].AsType<int>() - 4)
            + Math.Abs(Math.Log10(parameter["rate"].AsType<double>()) + 1.3);

    private static (List<Parameter> Proposals, double Best) Tune(ZerothOrderTuner tuner, int trials, Func<Parameter, double> loss)
    {
        var proposals = new List<Parameter>();
        double best = double.PositiveInfinity;
        for (int i = 0; i < trials; i++)
        {
            var settings = new TrialSettings { TrialId = i };
            settings.Parameter = tuner.Propose(settings);
            proposals.Add(settings.Parameter);
            double value = loss(settings.Parameter);
            best = value < best ? value : best;
            tuner.Update(new TrialResult { TrialSettings = settings, Loss = value });
        }

        return (proposals, best);
    }

    [Fact]
    public void Numbers_whole_numbers_and_choices_are_tuned_together()
    {
        double mean = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            mean += Tune(new ZerothOrderTuner(Mixed(), new TunerOptions { Seed = seed }), 60, Loss).Best / 20;
        }

        // As many draws of the whole space end at 0.5.
        mean.ShouldBeLessThan(0.25);
    }

    [Fact]
    public void Proposals_lie_in_the_space_and_begin_at_its_defaults_or_in_the_middle_of_ranges_without_one()
    {
        (List<Parameter> proposals, _) = Tune(new ZerothOrderTuner(Mixed()), 50, Loss);

        proposals[0]["rate"].AsType<double>().ShouldBe(0.01, 1e-6);
        proposals[0]["depth"].AsType<int>().ShouldBe(3);
        proposals[0]["kind"].AsType<string>().ShouldBe("a");
        foreach (Parameter proposal in proposals)
        {
            proposal["depth"].AsType<int>().ShouldBeInRange(1, 5);
            proposal["rate"].AsType<double>().ShouldBeInRange(1e-4, 1.0000001);
            proposal["kind"].AsType<string>().ShouldBeOneOf("a", "b", "c", "d");
            proposal["fixed"].AsType<string>().ShouldBe("only");
        }
    }

    [Fact]
    public void A_seed_repeats_its_proposals_and_another_gives_others()
    {
        static string Trials(long seed) =>
            string.Join('\n', Tune(new ZerothOrderTuner(Mixed(), new TunerOptions { Seed = seed }), 30, Loss).Proposals);

        Trials(3).ShouldBe(Trials(3));
        Trials(3).ShouldNotBe(Trials(4));
    }

    [Fact]
    public void No_parameters_are_tried_twice_until_all_were_and_then_the_best_is()
    {
        var space = new Space { ["depth"] = new UniformIntOption(0, 4), ["kind"] = new ChoiceOption("a", "b", "c") };
        static double Loss(Parameter p) => p["depth"].AsType<int>() + (p["kind"].AsType<string>() == "b" ? 0 : 1);

        (List<Parameter> proposals, double best) = Tune(new ZerothOrderTuner(space), 11, Loss);
        proposals.Select(p => p.ToString()).ShouldBeUnique();

        space = new Space { ["kind"] = new ChoiceOption("a", "b", "c") };
        (proposals, best) = Tune(new ZerothOrderTuner(space), 6, p => p["kind"].AsType<string>() == "b" ? 0 : 1);
        best.ShouldBe(0);
        proposals.Take(3).Select(p => p["kind"].AsType<string>()).Order().ShouldBe(["a", "b", "c"]);
        proposals.Skip(3).ShouldAllBe(p => p["kind"].AsType<string>() == "b");
    }

    [Fact]
    public void A_space_of_one_point_is_that_point()
    {
        var space = new Space { ["kind"] = new ChoiceOption("only") };
        (List<Parameter> proposals, _) = Tune(new ZerothOrderTuner(space), 3, _ => 1);
        proposals.ShouldAllBe(p => p["kind"].AsType<string>() == "only");
    }

    [Fact]
    public void Failed_trials_do_not_lead_astray_however_their_loss_says_so()
    {
        // Whatever is near the default fails.
        static (List<Parameter> Proposals, double Best) Failing(int seed, double failed) => Tune(
            new ZerothOrderTuner(Mixed(), new TunerOptions { Seed = seed }), 60, p => p["rate"].AsType<double>() is > 0.005 and < 0.02 ? failed : Loss(p));

        double mean = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            (List<Parameter> proposals, double best) = Failing(seed, double.MaxValue);
            proposals.Select(p => p.ToString()).ShouldBe(Failing(seed, double.NaN).Proposals.Select(p => p.ToString()));
            mean += best / 20;
        }

        mean.ShouldBeLessThan(0.45);
    }

    [Fact]
    public void A_trial_that_never_came_back_and_results_of_others_do_no_harm()
    {
        var tuner = new ZerothOrderTuner(Mixed(), new TunerOptions { Seed = 1 });
        string lost = tuner.Propose(new TrialSettings { TrialId = 0 }).ToString();
        tuner.Update(new TrialResult { TrialSettings = new TrialSettings { TrialId = 9, Parameter = Mixed().SampleFromFeatureSpace([0.1, 0.1, 0.1]) }, Loss = 2 });

        (List<Parameter> proposals, double best) = Tune(tuner, 60, Loss);

        proposals.Select(p => p.ToString()).ShouldNotContain(lost);
        best.ShouldBeLessThan(0.5);
    }

    [Fact]
    public void Any_optimizer_can_tune()
    {
        foreach (string name in new OptimizerRegistry().Names)
        {
            var options = new TunerOptions { Optimizer = new OptimizerRegistry().Create(name, new OptimizerSettings { Directions = 3, StepSize = 0.1 }) };
            (List<Parameter> proposals, double best) = Tune(new ZerothOrderTuner(Mixed(), options), 60, Loss);
            best.ShouldBeLessThan(Loss(proposals[0]), name);
        }
    }
}
