using System.Text.Json;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Tests.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Attacks;

public sealed class AttackSessionTests : IDisposable
{
    private static readonly ImageSet Images = TinyClassifier.Images([0, 1, 2, 0, 1, 2]);
    private static readonly AttackOptions Options = new() { Limits = new RunLimits { Iterations = 40 }, Loss = new AttackLoss { DistortionWeight = 0.01 } };

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void An_interrupted_session_resumes_to_the_same_problems_as_one_without_interruption()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-adam"), NamedOptimizer.Create("zo-prox")];
        AttackResult whole = Session(_temp.At("whole"), optimizers).Run();
        whole.Partial.ShouldBeFalse();

        string folder = _temp.At("interrupted");
        using (var stop = new CancellationTokenSource())
        {
            int steps = 0;
            AttackSession interrupted = Session(folder, optimizers);
            interrupted.Run(
                _ =>
                {
                    if (++steps == 100)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token).Partial.ShouldBeTrue();
            interrupted.Interruption.ShouldBe("Interrupted");
            AttackSession.IsInterrupted(folder).ShouldBeTrue();
        }

        AttackSession resumed = Session(folder, optimizers);
        resumed.Run().Partial.ShouldBeFalse();
        resumed.Interruption.ShouldBeNull();
        AttackSession.IsInterrupted(folder).ShouldBeFalse();
        AttackSession.Interrupted(folder).ShouldBeNull();
        Problems(folder).ShouldBe(Problems(_temp.At("whole")));
    }

    [Fact]
    public void A_folder_with_an_interrupted_run_is_refused_where_it_is_not_to_be_resumed_and_where_the_options_are_others()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-sgd")];
        string folder = _temp.At("run");
        using var stop = new CancellationTokenSource();
        Session(folder, optimizers).Run(_ => stop.Cancel(), stop.Token);

        Should.Throw<InputException>(() => Session(folder, optimizers, resume: false).Run()).Message.ShouldStartWith($"{folder} holds a run that was interrupted; resume it");
        Should.Throw<InputException>(() => Session(folder, optimizers, Options with { Seed = 2 }).Run()).Message.ShouldContain("seed = 1, not 2");
        Should.Throw<InputException>(() => Session(folder, optimizers, Options with { Limits = new RunLimits { Iterations = 41 } }).Run()).Message.ShouldContain("iterations = 40, not 41");
        Session(folder, optimizers).Run().Partial.ShouldBeFalse();
    }

    [Fact]
    public void The_result_in_the_folder_is_the_result_that_is_returned()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-sgd"), NamedOptimizer.Create("zo-lstm-plus")];
        AttackResult result = Session(_temp.At("run"), optimizers).Run();
        File.ReadAllText(_temp.At("run/result.json")).TrimEnd().ShouldBe(result.ToJson());

        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        AttackResult.Parse(json.RootElement).ToJson().ShouldBe(result.ToJson());
        result.Runs.Select(run => run.Optimizer).ShouldBe(["zo-sgd", "zo-lstm-plus"]);
        result.Runs[1].Settings.File.ShouldBe("zo-lstm-plus");
        result.Runs[1].Comparison!.Against.Select(a => a.Reference).ShouldBe(["zo-sgd"]);
        result.Runs.SelectMany(run => run.Images).ShouldAllBe(image => File.Exists(_temp.At("run/" + image.OriginalFile)));
    }

    [Fact]
    public void Without_a_folder_nothing_is_written_and_the_problems_are_the_same()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-adam")];
        AttackResult bare = Session(null, optimizers).Run();
        AttackResult kept = Session(_temp.At("run"), optimizers).Run();
        bare.Runs[0].Images.Select(AttackOutcome.Of).ShouldBe(kept.Runs[0].Images.Select(AttackOutcome.Of));
        bare.OverheadQueries.ShouldBe(kept.OverheadQueries);
    }

    [Fact]
    public void Bad_images_leave_no_folder_behind()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-adam")];
        var wrong = new ImageSet("wrong", new ImageShape(1, 2, 2), [0, 0, 0, 0], [0]);
        using var oracle = new TinyClassifier();
        Should.Throw<InputException>(() => new AttackSession(oracle, wrong, optimizers, Options) { Folder = _temp.At("run") }.Run()).Message.ShouldContain("4 pixels");
        Directory.Exists(_temp.At("run")).ShouldBeFalse();
    }

    [Fact]
    public void An_optimizer_of_the_callers_runs_in_a_session_as_in_an_attack_and_resumes()
    {
        IZerothOrderOptimizer own = new OptimizerRegistry().Create("zo-sgd", new OptimizerSettings { Directions = 7, StepSize = 5 });
        using var oracle = new TinyClassifier();
        AttackResult attack = new BlackBoxAttack(oracle, own, Options).Run(Images);
        using var stop = new CancellationTokenSource();
        Session(_temp.At("own"), [new NamedOptimizer(own)]).Run(_ => stop.Cancel(), stop.Token).Partial.ShouldBeTrue();

        AttackResult session = Session(_temp.At("own"), [new NamedOptimizer(own)]).Run();

        session.Runs[0].Images.Select(AttackOutcome.Of).ShouldBe(attack.Runs[0].Images.Select(AttackOutcome.Of));
        session.Runs[0].Optimizer.ShouldBe("zo-sgd");
        session.Runs[0].Settings.Directions.ShouldBe(7);
    }

    [Fact]
    public void Images_without_labels_have_the_models_answers_as_labels_also_after_a_resume()
    {
        NamedOptimizer[] optimizers = [NamedOptimizer.Create("zo-adam")];
        ImageSet unlabelled = Images.WithLabels([.. Enumerable.Repeat(ImageSet.Unlabelled, Images.Count)]);
        using var oracle = new TinyClassifier();
        AttackResult labelled = Session(null, optimizers).Run();
        AttackResult bare = new AttackSession(oracle, unlabelled, optimizers, Options).Run();
        using var stop = new CancellationTokenSource();
        int steps = 0;
        new AttackSession(oracle, unlabelled, optimizers, Options) { Folder = _temp.At("bare") }.Run(
            _ =>
            {
                if (++steps == 50)
                {
                    stop.Cancel();
                }
            },
            stop.Token).Partial.ShouldBeTrue();
        AttackResult resumed = new AttackSession(oracle, unlabelled, optimizers, Options) { Folder = _temp.At("bare") }.Run();

        bare.Runs[0].Images.Select(AttackOutcome.Of).ShouldBe(labelled.Runs[0].Images.Select(AttackOutcome.Of));
        resumed.Runs[0].Images.Select(AttackOutcome.Of).ShouldBe(labelled.Runs[0].Images.Select(AttackOutcome.Of));
        bare.Runs[0].Images.Select(image => image.Label).ShouldBe(Enumerable.Range(0, Images.Count).Select(Images.Label));
        bare.OverheadQueries.ShouldBe(labelled.OverheadQueries);
        bare.Skipped.ShouldBeEmpty();
    }

    [Fact]
    public void Composed_steps_of_an_oracle_that_is_no_onnx_model_are_refused()
    {
        using var oracle = new TinyClassifier();
        Should.Throw<InputException>(() => new AttackSession(oracle, Images, [NamedOptimizer.Create("zo-prox")], Options) { Composed = ComposedSteps.On }.Run())
            .Message.ShouldBe("Composed is On, but only the steps of an OnnxClassifierOracle can be composed into a graph; use such an oracle, or set Composed to Auto.");
    }

    private static AttackSession Session(string? folder, NamedOptimizer[] optimizers, AttackOptions? options = null, bool resume = true) =>
        new(new TinyClassifier(), Images, optimizers, options ?? Options) { Folder = folder, Resume = resume, CheckpointEvery = TimeSpan.FromMilliseconds(10) };

    private static string Problems(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "result.json")));
        return string.Join('\n', json.RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("problems").GetRawText()));
    }
}
