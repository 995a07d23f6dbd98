using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;

try
{
    string model = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "mnist-lenet.onnx");
    ImageSet images = args.Length > 1 ? Images.Read(args[1]) : GeneratedDigits.Create(10);

    using OnnxClassifierOracle classifier = OnnxClassifierOracle.Load(model, images);
    var attack = new BlackBoxAttack(classifier, BundledOptimizers.Load("zo-lstm-plus"), new AttackOptions
    {
        Count = 10,
        Limits = new RunLimits { Budget = 2000 },

        // A little past the decision boundary, so that rounding to 8 bits does not undo it.
        Loss = new AttackLoss { Confidence = 2 },
    });
    AttackResult result = attack.Run(images);

    Directory.CreateDirectory("out");
    foreach (ImageResult image in result.Runs[0].Images)
    {
        Console.WriteLine($"{image.Name}: {image.Label} → {image.AdversarialLabel?.ToString() ?? "holds"}, {image.Queries} queries, first success after {image.QueriesToFirstSuccess}");
        if (image.Adversarial is { } found)
        {
            Png.Write(Path.Combine("out", $"{image.Index}.png"), PixelBuffer.FromImage(found.Span, images.Shape));
        }
    }

    Console.WriteLine($"{result.Runs[0].Images.Count(image => image.Success)} of {result.Runs[0].Images.Count} images fell; the pictures are in {Path.GetFullPath("out")}");
    return 0;
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
