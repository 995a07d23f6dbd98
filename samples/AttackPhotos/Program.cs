using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Reports;

if (args is not [var modelPath, var photos, .. var names])
{
    Console.Error.WriteLine("Usage: AttackPhotos model.onnx photos [names.txt|imagenet]");
    return 2;
}

try
{
    ClassNames? classes = names switch
    {
        [] => ClassNames.OfMetadata(OnnxClassifierOracle.ReadMetadata(modelPath)),
        ["imagenet", ..] => ClassNames.ImageNet(withBackground: OnnxClassifierOracle.ReadOutputLengths(modelPath).Contains(1001)),
        _ => ClassNames.Read(names[0]),
    };

    // Photos that lie in no folders of classes have the class that the model gives them.
    bool isLabelled = File.Exists(Path.Combine(photos, "labels.csv")) || (Directory.Exists(photos) && Directory.EnumerateDirectories(photos).Any());
    ImageSet images = isLabelled ? Images.Read(photos, classes: classes) : ImageFolder.ReadUnlabelled(photos);

    using OnnxClassifierOracle model = OnnxClassifierOracle.Load(modelPath, images);
    using NamedOptimizer optimizer = NamedOptimizer.Create(NamedOptimizer.Default);
    Console.WriteLine($"{images.Count} photos, {model.Info.Assumptions}");

    // An interrupted run continues where it was: start the program again.
    var session = new AttackSession(model, images, [optimizer], new AttackOptions
    {
        Count = 10,
        Limits = new RunLimits { Budget = 2000, StopOnSuccess = true },
    })
    {
        Folder = "out",
        Classes = classes,
    };
    AttackResult result = session.Run();
    ResultReport.Write(result, "out");

    foreach (ImageResult image in result.Runs[0].Images)
    {
        string found = image.AdversarialLabel is { } label ? $"{result.Model.NameOf(label)} after {image.QueriesToFirstSuccess} queries" : "nothing else";
        Console.WriteLine($"{image.Name}: {result.Model.NameOf(image.Label)} → {found}");
    }

    Console.WriteLine($"{result.Runs[0].Images.Count(image => image.Success)} of {result.Runs[0].Images.Count} photos fell; the report is {Path.GetFullPath("out/report.html")}");
    return 0;
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
