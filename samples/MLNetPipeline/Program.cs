using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string classifier = Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx");

// [ROWS [ITERATIONS [FILE]]], or load [FILE [ROWS]] in a second process.
bool loads = args is ["load", ..];
string saved = args.ElementAtOrDefault(loads ? 1 : 2) ?? Path.Combine(Path.GetTempPath(), "attack.zip");
int count = int.Parse(args.ElementAtOrDefault(loads ? 2 : 0) ?? "100", CultureInfo.InvariantCulture);
int iterations = int.Parse(args.ElementAtOrDefault(loads ? 9 : 1) ?? "100", CultureInfo.InvariantCulture);

// MNIST if ZO_DATA names its folder, else generated digits.
ImageSet images = Environment.GetEnvironmentVariable("ZO_DATA") is { Length: > 0 } ? Datasets.Load("mnist", DatasetSplit.Test) : GeneratedDigits.Create(Math.Max(count, 10));
Digit[] digits = [.. Enumerable.Range(0, Math.Min(count, images.Count)).Select(i => new Digit { Features = images.Image(i).ToArray(), Label = images.Label(i) })];

var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(digits);

// In a second process: the saved model contains everything except the classifier, which it finds by path and hash.
if (loads)
{
    ITransformer loaded = ml.ZerothOrder().Load(saved, out _);
    Console.WriteLine($"Loaded; adversarial rows {Hash(loaded.Transform(data))}");
    return;
}

var options = new BlackBoxAttackOptions { ModelPath = classifier, Attack = new AttackOptions { Limits = new RunLimits { Iterations = iterations } } };
BlackBoxAttackTransformer attack = ml.ZerothOrder().BlackBoxAttack(options).Fit(data);

// Warm up: the first rows are slower, because code is still being compiled.
_ = attack.Transform(ml.Data.TakeRows(data, 10)).GetColumn<bool>("Success").Count();

// One pass over the rows attacks them. The cache stores the named columns in this pass, so that later passes do not attack again.
var clock = Stopwatch.StartNew();
string[] added = ["Adversarial", "AdversarialLabel", "Success", "Queries", "QueriesToSuccess", "Distortion"];
IDataView attacked = ml.Data.Cache(attack.Transform(data), added);
RobustnessMetrics metrics = ml.ZerothOrder().EvaluateRobustness(attacked);
_ = attacked.GetColumn<float[]>("Adversarial").Count();
double transformSeconds = clock.Elapsed.TotalSeconds;
Console.WriteLine($"{metrics.Attacked} of {metrics.Rows} digits attacked: {metrics.SuccessRate:P0} fell (95 % interval from {metrics.SuccessRateInterval95.Low:P1}), half of them within {metrics.MedianQueriesToSuccess:N0} queries.");
foreach (int budget in (int[])[0, 21, 100, 500, 2000])
{
    Console.WriteLine($"  accuracy after {budget,5:N0} queries per image: {metrics.AccuracyAt(budget):P1}");
}

// ML.NET's own scorer must agree with the attack.
IDataView rescored = ml.Transforms.CopyColumns("image", "Adversarial").Append(ml.Transforms.ApplyOnnxModel("logits", "image", classifier)).Fit(attacked).Transform(attacked);
int[] predicted = [.. rescored.GetColumn<float[]>("logits").Select(logits => Array.IndexOf(logits, logits.Max()))];
int agreed = predicted.Zip(rescored.GetColumn<int>("AdversarialLabel")).Count(pair => pair.First == pair.Second);
int wrong = predicted.Zip(rescored.GetColumn<int>("Label"), rescored.GetColumn<bool>("Success")).Count(row => row.Third && row.First != row.Second);
Console.WriteLine($"ApplyOnnxModel agrees on {agreed} of {predicted.Length} rows; {wrong} of {metrics.Successes} adversarial rows are misclassified.");

ml.Model.Save(attack, data.Schema, saved);
Console.WriteLine($"Saved {new FileInfo(saved).Length:N0} bytes to {saved}; adversarial rows {Hash(attacked)}");

// The cost of the pipeline compared with the attack alone, and the gain from batches.
clock.Restart();
using (OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(classifier))
{
    new BlackBoxAttack(oracle, BundledOptimizers.Load("zo-lstm-plus"), options.Attack).Run(images.Select([.. Enumerable.Range(0, digits.Length)]));
}

double aloneSeconds = clock.Elapsed.TotalSeconds;
(double byEngine, double byView) = OneByOne(ml, classifier, digits[0]);
double perSecond = metrics.TotalQueries / transformSeconds;
Console.WriteLine($"{metrics.TotalQueries:N0} queries: Transform {transformSeconds:F2} s, BlackBoxAttack.Run {aloneSeconds:F2} s (Transform / Run = {transformSeconds / aloneSeconds:F2}).");
Console.WriteLine($"{perSecond:N0} queries a second in batches; one-row ApplyOnnxModel: {byView:N0} as data views ({perSecond / byView:F1} times slower), {byEngine:N0} in a prediction engine ({perSecond / byEngine:F1} times slower).");

// Queries per second of an attack that gives ApplyOnnxModel one row at a time, through a prediction engine or as a data view.
static (double ByEngine, double ByView) OneByOne(MLContext ml, string classifier, Digit digit)
{
    var row = new OneRow { Image = digit.Features };
    ITransformer scorer = ml.Transforms.ApplyOnnxModel("logits", "image", classifier).Fit(ml.Data.LoadFromEnumerable([row]));
    using PredictionEngine<OneRow, OneScore> engine = ml.Model.CreatePredictionEngine<OneRow, OneScore>(scorer, new PredictionEngineOptions { OwnsTransformer = false });
    return (PerSecond(3000, () => engine.Predict(row)), PerSecond(1000, () => scorer.Transform(ml.Data.LoadFromEnumerable([row])).GetColumn<float[]>("logits").Single()));

    static double PerSecond(int queries, Action ask)
    {
        for (int i = 0; i < queries / 2; i++)
        {
            ask();
        }

        var clock = Stopwatch.StartNew();
        for (int i = 0; i < queries; i++)
        {
            ask();
        }

        return queries / clock.Elapsed.TotalSeconds;
    }
}

static string Hash(IDataView attacked)
{
    using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    foreach (float[] row in attacked.GetColumn<float[]>("Adversarial"))
    {
        hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(row.AsSpan()));
    }

    return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
}
