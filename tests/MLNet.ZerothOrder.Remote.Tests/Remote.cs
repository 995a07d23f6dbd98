using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What tests of remote classifiers share.</summary>
internal static class Remote
{
    /// <summary>Some generated digits.</summary>
    public static ImageSet Digits { get; } = GeneratedDigits.Create(24);

    /// <summary>Options that never wait.</summary>
    public static RemoteOptions Impatient { get; } = new() { Time = new ImpatientTime(), Timeout = ImpatientTime.Limit, Concurrency = 4 };

    public static OnnxClassifierOracle Local(string model = "mnist-cnn") => OnnxClassifierOracle.Load(Path.Combine(AppContext.BaseDirectory, model + ".onnx"), Digits);

    /// <summary>An attack of a few images with a fixed seed.</summary>
    public static AttackResult Attack(IQueryOracle oracle, string method = "zo-prox-plain", int count = 3, long budget = 200, CancellationToken cancellation = default)
    {
        using NamedOptimizer optimizer = NamedOptimizer.Create(method);
        var options = new AttackOptions { Count = count, Smoothing = 0.01, Limits = new RunLimits { Budget = budget, Iterations = 40 }, Loss = new AttackLoss { Norm = DistortionNorm.LInfinity, Epsilon = method.StartsWith("zo", StringComparison.Ordinal) ? null : 0.2 } };
        return new AttackSession(oracle, Digits, [optimizer], options).Run(null, cancellation);
    }

    /// <summary>Everything that an attack found, to the last bit.</summary>
    public static string Text(AttackResult result) => string.Join('\n', result.Runs[0].Images.Select(image =>
        $"{image.Name} {image.Queries} {image.Success} {image.AdversarialLabel} {image.BestLoss:R} {image.Distortion?.L1:R} {string.Join(' ', image.Trace.Select(loss => loss.ToString("R")))} {string.Join(' ', (image.Adversarial ?? image.Last ?? default).ToArray())}"));

    /// <summary>Scores some images as they are.</summary>
    public static float[] Score(IQueryOracle oracle, ImageSet images) => oracle.ScoreRows(images.Count, (row, input) => images.Image(row).Span.CopyTo(input));
}
