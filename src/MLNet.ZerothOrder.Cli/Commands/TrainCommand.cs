using System.CommandLine;
using System.Globalization;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;

namespace MLNet.ZerothOrder.Cli;

/// <summary><c>zo train</c>.</summary>
internal static class TrainCommand
{
    private const int TrainingImages = 1020;
    private const int BinaryDatasets = 110;
    private const int BinaryTraining = 90;
    private const int BinaryTest = 10;

    private enum Kind
    {
        Optimizer,
        Prior,
    }

    private enum Task
    {
        Attack,
        Binary,
    }

    private enum Architecture
    {
        Paper,
        Gated,
        Proximal,
    }

    public static Command Create(Session session)
    {
        var command = new Command("train", "Trains an optimizer (for --optimizer) or a prior (for --prior) on a target with queries alone, and writes it to one .onnx file.");
        var options = new Settings(session);
        options.AddTo(command);
        command.SetAction(parsed => options.Execute(parsed));
        return command;
    }

    private sealed class Settings(Session session)
    {
        private readonly Option<string> _out = new("--out") { Description = "The file of the trained optimizer or prior.", HelpName = "F.onnx", Required = true };
        private readonly Option<Kind?> _kind = Choices.Of<Kind>("--kind", "What is trained: an optimizer, or a prior, a network that predicts the target's answers on such images (default: optimizer).");
        private readonly PriorTrainingCommand _prior = new(session);
        private readonly Option<Task?> _task = Choices.Of("--task", "The training task: attack (attacks on a classifier) or binary (the paper's binary classification, without a model) (default: attack).", ("attack", Task.Attack), ("binary", Task.Binary));
        private readonly Option<Architecture?> _architecture = Choices.Of("--architecture", "paper: the paper's two networks. gated: UpdateRNN also reads θ, the size of the estimate, the time, the length of the run and the share of the distortion, and has gated outputs. proximal: one network controls a proximal step (default: that of --init, else paper).", ("paper", Architecture.Paper), ("gated", Architecture.Gated), ("proximal", Architecture.Proximal));
        private readonly Option<TrainingStage?> _stage = Choices.Of("--stage", "For paper and gated: update (UpdateRNN), query (QueryRNN for the UpdateRNN of --init), both, or guided (UpdateRNN on estimates guided by the QueryRNN of --init) (default: both). For proximal: spatial (the part of --init that says where in an image to ask; needs --backend torchsharp) (default: the network of the step).", ("update", TrainingStage.Update), ("query", TrainingStage.Query), ("both", TrainingStage.Both), ("guided", TrainingStage.Guided), ("spatial", TrainingStage.Spatial));
        private readonly Option<string> _beside = new("--beside") { Description = "For --stage spatial: further bundled classifiers to learn on, with the training images of their data sets (default: none).", HelpName = "NAME,…" };
        private readonly Option<string> _init = new("--init") { Description = "An optimizer to start from, a file or the name of a bundled one: its networks are trained further (default: random weights).", HelpName = "NAME|F.onnx" };
        private readonly Option<int?> _hidden = Numbers.Int("--hidden", "H: hidden units of each network (default: 10, or 12 for proximal).", "H", 1, RnnWeights.MaxHidden);
        private readonly Option<int?> _directions = Numbers.Int("--directions", "q: directions per step (default: 20).", "Q", 1, 100_000);
        private readonly Option<int?> _horizon = Numbers.Int("--horizon", "Steps of a problem (default: 200, or 500 for --task binary).", "T", 1, 1_000_000);
        private readonly Option<int?> _shortest = Numbers.Int("--shortest-horizon", "The fewest steps of a problem; the number is drawn between this and --horizon (default: always --horizon).", "T", 1, 1_000_000);
        private readonly Option<double?> _aroundSgd = Numbers.Real("--around-sgd", "Trains a gated optimizer's QueryRNN with ZO-SGD of this step size δ instead of UpdateRNN (default: with UpdateRNN).", "DELTA", 0, 1e9, minIsAllowed: false);
        private readonly Option<int?> _truncation = Numbers.Int("--truncation", "Steps that are unrolled before the weights change (default: 20).", "K", 1, 100_000);
        private readonly Option<string> _gradient = new("--meta-gradient") { Description = "The source of the error signal: directions:N (N random directions) or coordinatewise (2d queries per step) (default: directions:64).", HelpName = "coordinatewise|directions:N" };
        private readonly Option<int?> _problems = Numbers.Int("--problems", "Problems to train UpdateRNN or the proximal network on (default: 200).", "N", 1, 10_000_000);
        private readonly Option<int?> _queryProblems = Numbers.Int("--query-problems", "Problems to train QueryRNN on (default: 400).", "N", 1, 10_000_000);
        private readonly Option<int?> _side = Numbers.Int("--side-by-side", "Problems that run in parallel; their meta-gradients are averaged (default: 5).", "P", 1, 10_000);
        private readonly Option<int?> _epoch = Numbers.Int("--epoch", "Problems between two validations (default: a tenth of all).", "N", 1, 10_000_000);
        private readonly Option<double?> _rate = Numbers.Real("--learning-rate", "Adam's learning rate for UpdateRNN or the proximal network (default: 0.004), or a prior (default: 0.002).", "R", 0, 1, minIsAllowed: false);
        private readonly Option<double?> _queryRate = Numbers.Real("--query-learning-rate", "Adam's learning rate for QueryRNN (default: 0.004).", "R", 0, 1, minIsAllowed: false);
        private readonly Option<double?> _final = Numbers.Real("--final-rate", "The last learning rate relative to the first, with cosine decay (default: 0.05).", "SHARE", 0, 1, minIsAllowed: false);
        private readonly Option<double?> _epsilon = Numbers.Real("--epsilon", "Adam's ε (default: 1e-8).", "E", 0, 1, minIsAllowed: false);
        private readonly Option<double?> _clip = Numbers.Real("--problem-clip", "Clips each problem's meta-gradient to this norm (default: no clipping).", "LENGTH", 0, 1e9, minIsAllowed: false);
        private readonly Option<MetaObjective?> _objective = Choices.Of("--objective", "The objective over a trajectory: linear (losses weighted by t, the paper's), logarithmic or mean (default: linear).", ("linear", MetaObjective.Linear), ("logarithmic", MetaObjective.Logarithmic), ("mean", MetaObjective.Mean));
        private readonly Option<int?> _validation = Numbers.Int("--validation", "The number of images for validation, the last ones; they choose the best weights and are not trained on (default: 20, or a fifth if that is less).", "N", 1, 1_000_000);
        private readonly Option<double?> _smoothing = Numbers.Real("--smoothing", "μ: the step of finite differences (default: 0.0001, or 0.001 for --task binary).", "MU", 1e-9, 1);
        private readonly Option<double?> _weight = Numbers.Real("--distortion-weight", "c: the weight of the distortion in the attack loss (default: 0.1).", "C", 0, 1e6);
        private readonly Option<double?> _smallestWeight = Numbers.Real("--smallest-distortion-weight", "The smallest c of the training images, each of which has its own between this and --distortion-weight (default: always --distortion-weight).", "C", 0, 1e6, minIsAllowed: false);
        private readonly Option<DistortionNorm?> _norm = Choices.Of<DistortionNorm>("--norm", "The norm of the distortion (default: l1).", DistortionNorms.Word);
        private readonly BackendOption _backend = new();
        private readonly Option<long?> _seed = Numbers.Long("--seed", "The seed of all random numbers (default: 1).", "S", long.MinValue, long.MaxValue);
        private readonly Option<bool> _figures = ReportCommand.Figures();
        private readonly Option<bool> _resume = new("--resume") { Description = "Resume from the checkpoint beside --out, F.onnx.checkpoint." };
        private readonly Option<bool> _quiet = new("--quiet") { Description = "Do not show progress." };
        private readonly Option<bool> _json = new("--json") { Description = "Print a JSON document on standard output, and nothing else." };
        private readonly TargetOptions _target = new(session.Terminal);
        private readonly ImageOptions _images = new(DatasetSplit.Train, TrainingImages);

        public void AddTo(Command command)
        {
            Option[] first = [_out, _kind, .. _prior.All, _task, _architecture, _stage, _beside, _init];
            Option[] rest =
            [
                _hidden, _directions, _horizon, _shortest, _truncation, _gradient, _problems, _queryProblems, _aroundSgd, _side, _epoch, _rate, _queryRate, _final, _epsilon, _clip,
                _objective, _validation, _smoothing, _weight, _smallestWeight, _norm, _seed, _figures, _resume, _quiet, _json, _backend.Option,
            ];
            command.Add(first);
            _target.AddTo(command);
            _images.AddTo(command);
            command.Add(rest);
        }

        private Option[] OfOptimizers =>
        [
            _task, _architecture, _stage, _beside, _init, _hidden, _directions, _horizon, _shortest, _truncation, _gradient, _problems, _queryProblems, _aroundSgd, _side, _epoch, _queryRate, _final,
            _epsilon, _clip, _objective, _validation, _smoothing, _weight, _smallestWeight, _norm, _figures, _backend.Option,
        ];

        public int Execute(ParseResult parsed)
        {
            if (parsed.GetValue(_kind) == Kind.Prior)
            {
                return parsed.FirstGiven(OfOptimizers) is { } other ? throw new InputException($"{other.Name} is for training an optimizer and has no effect on a prior; remove it.")
                    : _prior.Execute(
                        parsed, parsed.GetRequiredValue(_out), parsed.GetValue(_resume), _target, _images, parsed.GetValue(_seed) ?? 1, parsed.GetValue(_rate), parsed.GetValue(_quiet), parsed.GetValue(_json));
            }

            if (parsed.FirstGiven(_prior.All) is { } idle)
            {
                throw new InputException($"{idle.Name} is for --kind prior and has no effect on an optimizer; remove it, or give --kind prior.");
            }

            ITrainingBackend backend = _backend.Create(parsed);
            Task task = parsed.GetValue(_task) ?? Task.Attack;
            string? from = parsed.GetValue(_init) is { } named ? Bundled.Resolve(named) : null;
            OptimizerFileInfo? init = from is not null ? OptimizerFile.Describe(from) : null;
            Architecture architecture = parsed.GetValue(_architecture) ?? init?.Model.Kind switch
            {
                LearnedKind.Gated => Architecture.Gated,
                LearnedKind.Proximal => Architecture.Proximal,
                _ => Architecture.Paper,
            };
            bool isSpatial = parsed.GetValue(_stage) == TrainingStage.Spatial;
            if (isSpatial && (architecture != Architecture.Proximal || task == Task.Binary || init is null))
            {
                throw new InputException("--stage spatial trains the part of an optimizer of the proximal architecture that sees images; give one with --init, such as zo-lstm-plus, and attacks as the task.");
            }

            if (isSpatial && backend is not ISpatialBackend)
            {
                throw new InputException("--stage spatial trains a convolutional network, whose gradients the managed backend does not compute; add --backend torchsharp.");
            }

            if (!isSpatial && parsed.GetValue(_beside) is not null)
            {
                throw new InputException("--beside is for --stage spatial, which learns on several classifiers; remove it.");
            }

            if (architecture == Architecture.Proximal && !isSpatial && parsed.GetValue(_stage) is { } given)
            {
                throw new InputException($"--stage {given.ToString().ToLowerInvariant()} is for the paper and gated architectures; the proximal network is trained in one stage, so remove --stage, or give --stage spatial for the part that sees images.");
            }

            if (architecture != Architecture.Gated && parsed.GetValue(_aroundSgd) is not null)
            {
                throw new InputException("--around-sgd needs --architecture gated, whose QueryRNN can be trained without UpdateRNN; remove it.");
            }

            TrainingStage stage = isSpatial ? TrainingStage.Spatial : architecture == Architecture.Proximal ? TrainingStage.Proximal : parsed.GetValue(_stage) ?? TrainingStage.Both;
            ThrowIfIdle(parsed, task, stage);
            string path = parsed.GetRequiredValue(_out);
            // An interruption writes the best optimizer so far to that file, so a resumed training could not start from the original.
            if (from is not null && Path.GetFullPath(from) == Path.GetFullPath(path))
            {
                throw new InputException($"--out {path} would replace the optimizer of --init; name another file.");
            }

            if (stage == TrainingStage.Guided && from is null)
            {
                throw new InputException("--stage guided trains UpdateRNN on estimates guided by a QueryRNN; give an optimizer with both with --init.");
            }

            if (stage == TrainingStage.Query && from is null)
            {
                throw new InputException("--stage query trains QueryRNN for an existing UpdateRNN; give an optimizer with one with --init, or train both with --stage both.");
            }

            TrainingSession.ThrowIfUnusable(path, parsed.GetValue(_resume));
            if (parsed.GetValue(_resume) && !TrainingSession.IsInterrupted(path))
            {
                throw new InputException($"--resume finds no checkpoint {path}.checkpoint; start a new training without it.");
            }

            int hidden = parsed.GetValue(_hidden) ?? init?.Model.Hidden ?? (architecture == Architecture.Proximal ? 12 : 10);
            int directions = parsed.GetValue(_directions) ?? 20;
            TrainerOptions update = Options(parsed, task, parsed.GetValue(_problems) ?? 200, parsed.GetValue(_rate));
            TrainerOptions query = Options(parsed, task, parsed.GetValue(_queryProblems) ?? 400, parsed.GetValue(_queryRate));
            if (update.ShortestHorizon > update.Horizon)
            {
                throw new InputException($"--shortest-horizon is {update.ShortestHorizon} and --horizon {update.Horizon}; give a shortest number of steps that is at most the longest.");
            }

            var about = new RunIdentity { { "task", task }, { "init", init?.Sha256 ?? "none" } };
            LearnedKind kind = architecture == Architecture.Gated ? LearnedKind.Gated : LearnedKind.Paper;
            return task == Task.Binary
                ? Binary(parsed, path, stage, kind, hidden, directions, update, query, init, backend, about)
                : Attack(parsed, path, stage, kind, hidden, directions, update, query, init, backend, about);
        }

        // Refuses options without effect.
        private void ThrowIfIdle(ParseResult parsed, Task task, TrainingStage stage)
        {
            if (task == Task.Binary && parsed.FirstGiven([.. _images.All, .. _target.All, _validation, _weight, _smallestWeight, _norm]) is { } attacks)
            {
                throw new InputException($"--task binary generates its own data sets and queries no classifier, so {attacks.Name} has no effect; remove it.");
            }

            string? learned = stage switch
            {
                TrainingStage.Update => "--stage update trains only UpdateRNN",
                TrainingStage.Guided => "--stage guided trains only UpdateRNN",
                TrainingStage.Query => "--stage query trains only QueryRNN",
                TrainingStage.Proximal or TrainingStage.Spatial => "--architecture proximal has no QueryRNN",
                _ => null,
            };
            Option[] others = stage == TrainingStage.Query ? [_problems, _rate] : [_queryProblems, _queryRate, _aroundSgd];
            if (learned is not null && parsed.FirstGiven(others) is { } idle)
            {
                throw new InputException($"{learned}, so {idle.Name} has no effect; remove it.");
            }
        }

        private TrainerOptions Options(ParseResult parsed, Task task, int problems, double? rate)
        {
            var options = new TrainerOptions { Problems = problems };
            return options with
            {
                SideBySide = parsed.GetValue(_side) ?? options.SideBySide,
                Epoch = parsed.GetValue(_epoch) ?? options.Epoch,
                Horizon = parsed.GetValue(_horizon) ?? (task == Task.Binary ? 500 : options.Horizon),
                ShortestHorizon = parsed.GetValue(_shortest),
                Truncation = parsed.GetValue(_truncation) ?? options.Truncation,
                LearningRate = rate ?? options.LearningRate,
                FinalRate = parsed.GetValue(_final) ?? options.FinalRate,
                Epsilon = parsed.GetValue(_epsilon) ?? options.Epsilon,
                ProblemClip = parsed.GetValue(_clip),
                Objective = parsed.GetValue(_objective) ?? options.Objective,
                Gradient = parsed.GetValue(_gradient) is { } gradient ? _gradient.Read(gradient, MetaGradient.Parse) : options.Gradient,
                Smoothing = parsed.GetValue(_smoothing) ?? (task == Task.Binary ? 1e-3 : options.Smoothing),
                Seed = parsed.GetValue(_seed) ?? options.Seed,
            };
        }

        private int Attack(
            ParseResult parsed, string path, TrainingStage stage, LearnedKind kind, int hidden, int directions, TrainerOptions update, TrainerOptions query,
            OptimizerFileInfo? init, ITrainingBackend backend, RunIdentity about)
        {
            ImageSet set = _images.Load(parsed, _target.ModelPath(parsed));
            int wanted = _images.Count(parsed) ?? set.Count;
            using OnnxClassifierOracle oracle = _target.Load(parsed, ref set);
            var correct = CorrectImages.Find(oracle, set, wanted, cancellation: session.Cancellation);
            var loss = new AttackLoss
            {
                DistortionWeight = parsed.GetValue(_weight) ?? 0.1,
                Norm = parsed.GetValue(_norm) ?? DistortionNorm.L1,
                Scores = _target.Scores(parsed) ?? correct.Scores,
            };
            double? smallest = parsed.GetValue(_smallestWeight);
            if (smallest > loss.DistortionWeight)
            {
                throw new InputException(string.Create(CultureInfo.InvariantCulture, $"--smallest-distortion-weight is {smallest} and --distortion-weight {loss.DistortionWeight}; give a smallest weight that is at most the largest."));
            }

            (TrainingProblem[] problems, TrainingProblem[] validating) = TrainingProblem.Split(correct, oracle.ScoreLength, loss, parsed.GetValue(_validation), smallest);
            oracle.AddTo(about);
            about.Add("images", $"SHA-256 {correct.Images.Hash()}");
            about.Add("scores", loss.Scores);
            about.Add("validation", validating.Length);
            string weights = string.Create(CultureInfo.InvariantCulture, $"{(smallest is null ? "" : $"{smallest} to ")}{loss.DistortionWeight}");
            about.Add("distortion-weight", weights);
            about.Add("norm", loss.Norm.Word());
            string trainedOn = string.Create(
                CultureInfo.InvariantCulture,
                $"attacks on {Path.GetFileName(oracle.Info.Path)} ({oracle.Info.Sha256[..12]}), {problems.Length} training images of {set.Name} and {validating.Length} for validation, {loss.Norm.Word()}, c = {weights}");
            var beside = new List<SpatialTarget>();
            try
            {
                foreach (string name in (parsed.GetValue(_beside) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    beside.Add(Beside(parsed, name, wanted, loss, smallest, about));
                    trainedOn += $", and as many on {name}";
                }

                var training = new OptimizerTraining(
                    oracle, problems, validating, stage, hidden, directions, update, query, init?.Model, backend, kind, parsed.GetValue(_aroundSgd), beside);
                return Run(parsed, path, training, trainedOn, about);
            }
            finally
            {
                beside.ForEach(target => target.Oracle.Dispose());
            }
        }

        // A bundled classifier with as many of its data set's training images.
        private SpatialTarget Beside(ParseResult parsed, string name, int wanted, AttackLoss loss, double? smallest, RunIdentity about)
        {
            if (!Bundled.Targets.Contains(name))
            {
                throw new InputException($"--beside {name} is no bundled classifier; give some of {string.Join(", ", Bundled.Targets)}.");
            }

            ImageSet set = _images.Beside(parsed, name);
            OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(Bundled.Target($"{name}.onnx"), set);
            try
            {
                var correct = CorrectImages.Find(oracle, set, wanted, cancellation: session.Cancellation);
                (TrainingProblem[] problems, TrainingProblem[] validating) =
                    TrainingProblem.Split(correct, oracle.ScoreLength, loss with { Scores = correct.Scores }, parsed.GetValue(_validation), smallest);
                about.Add($"beside {name}", $"{oracle.Info.Sha256}, images {correct.Images.Hash()}");
                return new SpatialTarget(oracle, problems, validating);
            }
            catch
            {
                oracle.Dispose();
                throw;
            }
        }

        private int Binary(
            ParseResult parsed, string path, TrainingStage stage, LearnedKind kind, int hidden, int directions, TrainerOptions update, TrainerOptions query,
            OptimizerFileInfo? init, ITrainingBackend backend, RunIdentity about)
        {
            // 90 datasets for training, as in the paper. Its 10 test datasets are not used here; 10 more choose the weights.
            using var task = new BinaryClassification(update.Seed, BinaryDatasets, concurrency: Environment.ProcessorCount);
            var training = new OptimizerTraining(
                task, TrainingProblem.Datasets(task, 0, BinaryTraining), TrainingProblem.Datasets(task, BinaryTraining + BinaryTest, BinaryDatasets - BinaryTraining - BinaryTest),
                stage, hidden, directions, update, query, init?.Model, backend, kind, parsed.GetValue(_aroundSgd));
            return Run(parsed, path, training, string.Create(CultureInfo.InvariantCulture, $"binary classification, {BinaryTraining} data sets, d = 100, b = 64"), about);
        }

        private int Run(ParseResult parsed, string path, OptimizerTraining training, string trainedOn, RunIdentity about)
        {
            var run = new TrainingSession(training, path, Terminal.Printable(trainedOn))
            {
                About = about,
                Resume = parsed.GetValue(_resume),
                Command = session.CommandText,
                Backend = _backend.Name(parsed),
            };
            TrainingResult result = run.Run(
                (stage, state) =>
                {
                    if (!parsed.GetValue(_quiet))
                    {
                        TrainingCurve.WriteLine(session.Terminal, stage, state);
                    }
                },
                session.Cancellation);
            Report report = TrainingReport.Of(result);
            AtomicFile.Write(Path.ChangeExtension(path, ".report.html"), report.WriteTo);
            if (parsed.GetValue(_figures))
            {
                ReportCommand.Draw(report, Path.ChangeExtension(path, ".figures"), session.Terminal);
            }

            if (run.Interruption is { } why)
            {
                session.Terminal.Fail($"{why}; the best optimizer so far is in {path}{(TrainingSession.IsInterrupted(path) ? "; resume with --resume" : "")}.");
                return result.Failure is null ? ExitCode.Interrupted : ExitCode.OracleFailed;
            }

            if (parsed.GetValue(_json))
            {
                session.Terminal.Output.WriteLine(result.ToJson());
            }
            else
            {
                TrainingCurve.Write(session.Terminal, result.Points);
                session.Terminal.Output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Queries:N0} queries of training and {result.ValidationQueries:N0} of validation, {result.SuppliedGradients} supplied gradients, {result.Seconds:F0} s"));
                session.Terminal.Output.WriteLine($"Report: {Path.ChangeExtension(path, ".report.html")}");
                session.Terminal.Output.WriteLine($"Optimizer: {path} (SHA-256 {result.Sha256})");
            }

            return ExitCode.Done;
        }
    }
}
