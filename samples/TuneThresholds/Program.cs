using Microsoft.ML;
using Microsoft.ML.Trainers;
using MLNet.ZerothOrder;
using TuneThresholds;

// This model is trained for its log-loss, so it hardly ever predicts the rare classes.
Message[] messages = [.. Message.Generate(6000, seed: 1)];
var ml = new MLContext(seed: 1);
IEstimator<ITransformer> pipeline = ml.Transforms.Conversion.MapValueToKey("Label", "Kind", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
    .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new LbfgsMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1 }));
ITransformer model = pipeline.Fit(ml.Data.LoadFromEnumerable(messages[..2000]));

Scored[] validation = Score(messages[2000..4000]);
Scored[] heldOut = Score(messages[4000..]);
int classes = validation[0].Score.Length;

// The prediction is the class with the largest weight × probability. The weights are tuned for the macro-F1 of the validation rows, a step
// function without a useful gradient. Weights are factors, so the tuner works on their logarithms.
TunerResult result = BlackBoxTuner.Minimize(
    logWeights => -MacroF1(validation, Weights(logWeights)),
    BoxBounds.Cube(classes, -4, 4),
    new TunerOptions { Budget = 300, Seed = 1 });
double[] weights = Weights(result.BestPoint.Span);
double[] even = [.. Enumerable.Repeat(1.0, classes)];

Console.WriteLine($"weights             {string.Join("  ", Enumerable.Range(0, classes).Select(k => $"{Message.Kinds[k]} {weights[k] / weights[0]:F2}"))}");
Console.WriteLine("macro-F1            before  after");
Console.WriteLine($"validation rows     {MacroF1(validation, even):F3}   {MacroF1(validation, weights):F3}");
Console.WriteLine($"held-out rows       {MacroF1(heldOut, even):F3}   {MacroF1(heldOut, weights):F3}");

Scored[] Score(Message[] rows) =>
    [.. ml.Data.CreateEnumerable<Scored>(model.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

static double[] Weights(ReadOnlySpan<float> logarithms)
{
    var weights = new double[logarithms.Length];
    for (int k = 0; k < weights.Length; k++)
    {
        weights[k] = Math.Exp(logarithms[k]);
    }

    return weights;
}

static double MacroF1(Scored[] rows, double[] weights)
{
    var hits = new double[weights.Length];
    var sizes = new double[weights.Length];
    foreach (Scored row in rows)
    {
        int guess = 0;
        for (int k = 1; k < weights.Length; k++)
        {
            guess = weights[k] * row.Score[k] > weights[guess] * row.Score[guess] ? k : guess;
        }

        // Keys count from 1.
        int truth = (int)row.Label - 1;
        hits[truth] += guess == truth ? 1 : 0;
        sizes[truth]++;
        sizes[guess]++;
    }

    return hits.Zip(sizes, (hit, size) => size > 0 ? 2 * hit / size : 0).Average();
}
