// Trains an optimizer with TorchSharp's gradients, writes it to an .onnx file, and attacks with that file.
//   TrainOptimizer [problems] [steps] [file]
using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;

try
{
    Libtorch.Load();
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

const int Validation = 5;
const int Directions = 20;
int problems = args.Length > 0 ? int.Parse(args[0]) : 30;
int steps = args.Length > 1 ? int.Parse(args[1]) : 100;
string file = args.Length > 2 ? args[2] : "learned.onnx";
string beside = AppContext.BaseDirectory;

// The target is only ever queried: images in, scores out.
using OnnxClassifierOracle target = OnnxClassifierOracle.Load(Path.Combine(beside, "mnist-lenet.onnx"));
var digits = CorrectImages.Find(target, GeneratedDigits.Create(60, GeneratedDigits.TrainSeed));
(TrainingProblem[] attacks, TrainingProblem[] validation) = TrainingProblem.Split(digits, target.ScoreLength, new AttackLoss(), Validation);

var options = new TrainerOptions
{
    Problems = problems,
    Epoch = Math.Max(1, problems / 3),
    Horizon = steps,
    LearningRate = 0.01,
    Gradient = MetaGradient.Directions(32),
};
var training = new OptimizerTraining(
    target, attacks, validation, TrainingStage.Proximal, hidden: 12, Directions, options, options, backend: new TorchSharpBackend());
LearnedModel model = training.Run((_, state) => Console.WriteLine($"{state.Done}/{state.Problems} problems: validation loss {state.ValidationLoss:F3}{(state.IsBest ? ", the best so far" : "")}"));
OptimizerFile.Write(file, model with { TrainedOn = $"{problems} attacks of {steps} steps on generated digits" });
Console.WriteLine($"{training.Queries + training.ValidationQueries:N0} queries, no gradient of the target; the optimizer is in {file}");

// Attacks other digits, also with two hand-designed optimizers; zo-sgd has the settings tuned for this target.
SettingsFile tuned = SettingsFile.Read(Path.Combine(beside, "mnist-lenet.settings.json"));
var registry = new OptimizerRegistry();
IZerothOrderOptimizer[] optimizers = [registry.Create("zo-sgd", tuned.For("zo-sgd")), registry.Create("zo-prox-plain"), OptimizerFile.Load(file)];
var attack = new BlackBoxAttack(target, optimizers, new AttackOptions { Count = 10, Limits = new RunLimits { Iterations = steps } });
AttackResult result = attack.Run(GeneratedDigits.Create(20));

Console.WriteLine($"{"optimizer",-16} success  last loss  mean loss  of zo-sgd's");
foreach (AttackRun run in result.Runs)
{
    AttackStatistics statistics = run.Summary;
    PairedRatio pair = PairedComparison.Between(run.Images, result.Runs[0].Images).LossOverIterations;
    Console.WriteLine(
        $"{run.Optimizer,-16} {statistics.SuccessRate,7:P0}  {statistics.MeanFinalLoss,9:F3}  {statistics.MeanLossOverIterations,9:F3}  {pair.Ratio:F3} ± {pair.StandardError:F3}");
}

return 0;
