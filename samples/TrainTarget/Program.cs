// Trains a classifier of digits with TorchSharp and writes it to an .onnx file, which any ONNX Runtime runs.
//   TrainTarget [images] [epochs] [file]
using MLNet.ZerothOrder;
using MLNet.ZerothOrder.Data;
using MLNet.ZerothOrder.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

try
{
    Libtorch.Load();
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

const int Batch = 64;
int count = args.Length > 0 ? int.Parse(args[0]) : 3000;
int epochs = args.Length > 1 ? int.Parse(args[1]) : 3;
string file = args.Length > 2 ? args[2] : "digits.onnx";
(ImageSet train, ImageSet test) = Load();
Console.WriteLine($"{train.Count} training images of {train.Name}");

// One thread and one seed: the same weights every time.
set_num_threads(1);
manual_seed(1);
using Sequential classifier = Sequential(
    Conv2d(1, 32, 3), ReLU(), Conv2d(32, 32, 3), ReLU(), MaxPool2d(2),
    Conv2d(32, 64, 3), ReLU(), Conv2d(64, 64, 3), ReLU(), MaxPool2d(2), Flatten(),
    Linear(1024, 200), ReLU(), Dropout(0.5), Linear(200, 200), ReLU(), Dropout(0.5), Linear(200, 10));
using optim.Optimizer adam = optim.Adam(classifier.parameters(), 1e-3);
using CrossEntropyLoss loss = CrossEntropyLoss();
for (int epoch = 1; epoch <= epochs; epoch++)
{
    using DisposeScope perEpoch = NewDisposeScope();
    double sum = 0;
    long[] order = randperm(train.Count).data<long>().ToArray();
    foreach (long[] rows in order.Chunk(Batch))
    {
        using DisposeScope perBatch = NewDisposeScope();
        float[] pixels = [.. rows.SelectMany(row => train.Image((int)row).ToArray())];
        long[] labels = [.. rows.Select(row => (long)train.Label((int)row))];
        Tensor cost = loss.forward(classifier.forward(tensor(pixels, rows.Length, 1, 28, 28)), tensor(labels));
        adam.zero_grad();
        cost.backward();
        adam.step();
        sum += cost.item<float>() * rows.Length;
    }

    Console.WriteLine($"epoch {epoch}/{epochs}: training loss {sum / train.Count:F4}");
}

OnnxExport.WriteClassifier(classifier, train.Shape, file, new Dictionary<string, string> { ["title"] = $"a CNN, learned on {train.Count} images of {train.Name}" });

// Compares the file, run by ONNX Runtime, with the TorchSharp module.
using OnnxClassifierOracle oracle = OnnxClassifierOracle.Load(file);
float[] scores = oracle.ScoreRows(test.Count, (row, input) => test.Image(row).Span.CopyTo(input));
float[] own = Scores(test);
int right = oracle.Classify(test).Where((predicted, i) => predicted == test.Label(i)).Count();
Console.WriteLine($"{file}: {(double)right / test.Count:P1} of {test.Count} test images right; largest difference from TorchSharp's scores {scores.Zip(own, (a, b) => Math.Abs(a - b)).Max():E1}");
return 0;

float[] Scores(ImageSet images)
{
    using DisposeScope scope = NewDisposeScope();
    using IDisposable noGradients = no_grad();
    classifier.eval();
    float[] pixels = [.. Enumerable.Range(0, images.Count).SelectMany(i => images.Image(i).ToArray())];
    return classifier.forward(tensor(pixels, images.Count, 1, 28, 28)).data<float>().ToArray();
}

// MNIST if its files are there (ZO_DATA names the folder), else generated digits.
(ImageSet Train, ImageSet Test) Load()
{
    try
    {
        return (First(Datasets.Load("mnist", DatasetSplit.Train), count), First(Datasets.Load("mnist", DatasetSplit.Test), 1000));
    }
    catch (InputException)
    {
        return (GeneratedDigits.Create(count, GeneratedDigits.TrainSeed), GeneratedDigits.Create(1000));
    }
}

ImageSet First(ImageSet images, int wanted) => images.Select([.. Enumerable.Range(0, Math.Min(wanted, images.Count))]);
