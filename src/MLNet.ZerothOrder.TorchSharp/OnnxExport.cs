using MLNet.ZerothOrder.Data;
using TorchSharp;
using TorchSharp.Modules;

namespace MLNet.ZerothOrder;

/// <summary>Exports to ONNX, which TorchSharp does not provide: image classifiers, and the LSTMs of learned optimizers.</summary>
public static class OnnxExport
{
    private const string Supported = "Conv2d, ReLU, MaxPool2d, Flatten, Linear, Dropout and Sequential are";

    /// <summary>
    /// Writes a classifier as ONNX, with the input <c>image [N,C,H,W]</c>, pixels in 0..1, and the output <c>logits [N,K]</c>. Dropout is
    /// omitted, as in evaluation.
    /// </summary>
    /// <param name="classifier">Conv2d, ReLU, MaxPool2d, Flatten, Linear, Dropout, and nested Sequential of these.</param>
    /// <param name="image">The size of an image.</param>
    /// <param name="path">The file. It is replaced atomically.</param>
    /// <param name="metadata">Metadata of the model, such as its <c>title</c>; null for none.</param>
    /// <exception cref="InputException">A layer is not one of these or uses an unsupported setting, or the layers do not give one row of scores per image.</exception>
    /// <exception cref="IOException">The file cannot be written. An existing file is unchanged.</exception>
    public static void WriteClassifier(Sequential classifier, ImageShape image, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        var graph = new ClassifierGraph(image);
        Add(graph, classifier, "");
        graph.Write(path, Classes(classifier, image), metadata);
    }

    /// <summary>
    /// Converts an LSTM and the linear layer after it to the network of a learned optimizer, for <see cref="LearnedModel"/> and
    /// <see cref="OptimizerFile"/>. Coordinates are the batch dimension of the LSTM.
    /// </summary>
    /// <param name="lstm">One layer, one direction: I inputs, H hidden units.</param>
    /// <param name="output">The output layer, from H to K.</param>
    /// <param name="skip">A layer from I to K that is added to the output; null for no skip connection.</param>
    /// <exception cref="InputException">The LSTM has more layers or directions, or the sizes of the linear layers do not match.</exception>
    public static RnnWeights ReadRnn(LSTM lstm, Linear output, Linear? skip = null)
    {
        ArgumentNullException.ThrowIfNull(lstm);
        ArgumentNullException.ThrowIfNull(output);
        using DisposeScope scope = torch.NewDisposeScope();
        using IDisposable noGradients = torch.no_grad();
        Dictionary<string, Parameter> parts = lstm.named_parameters().ToDictionary(part => part.name, part => part.parameter);
        if (parts.Keys.FirstOrDefault(name => !name.EndsWith("_l0", StringComparison.Ordinal)) is { } other)
        {
            throw new InputException($"The LSTM has weights {other}; a learned optimizer's has one layer and one direction.");
        }

        torch.Tensor input = parts["weight_ih_l0"], recurrent = parts["weight_hh_l0"];
        int inputs = (int)input.shape[1], hidden = (int)recurrent.shape[1], outputs = (int)output.out_features;
        if (recurrent.shape[0] != 4 * hidden || output.in_features != hidden || (skip is not null && (skip.in_features != inputs || skip.out_features != outputs)))
        {
            string second = skip is null ? "" : $", the skip connection from {skip.in_features} to {skip.out_features}";
            throw new InputException($"The LSTM goes from {inputs} inputs to {hidden} hidden units without a projection, and the output from {output.in_features} to {output.out_features}{second}; give layers with matching sizes.");
        }

        // PyTorch has one bias for the inputs and one for the recurrence. Only their sum matters.
        torch.Tensor?[] gateBiases = [parts.GetValueOrDefault("bias_ih_l0"), parts.GetValueOrDefault("bias_hh_l0")];
        torch.Tensor?[] outputBiases = [output.bias, skip?.bias];
        bool hasBias = gateBiases.Concat(outputBiases).Any(bias => bias is not null);
        float[] values =
        [
            .. Floats(input), .. Floats(recurrent), .. hasBias ? Sum(gateBiases, 4 * hidden) : [],
            .. Floats(output.weight), .. skip is null ? [] : Floats(skip.weight), .. hasBias ? Sum(outputBiases, outputs) : [],
        ];
        return new RnnWeights(inputs, hidden, hasBias, values, outputs, skip is not null);
    }

    private static void Add(ClassifierGraph graph, Sequential layers, string within)
    {
        foreach ((string name, torch.nn.Module layer) in layers.named_children())
        {
            string place = $"{within}{name}";
            switch (layer)
            {
                case Conv2d conv:
                    graph.Convolution(
                        Floats(conv.weight!), Shape(conv.weight!), Bias(conv.bias), Pair(conv.stride), Padding(conv, place), Pair(conv.dilation), (int)conv.groups);
                    break;
                case ReLU:
                    graph.Relu();
                    break;
                case MaxPool2d pool:
                    (int, int) kernel = Pair(pool.kernel_size);
                    graph.MaxPool(kernel, pool.stride is null ? kernel : Pair(pool.stride), Pair(pool.padding, 0), Pair(pool.dilation), pool.ceil_mode);
                    break;
                case Flatten { start_dim: 1, end_dim: -1 }:
                    graph.Flatten();
                    break;
                case Flatten flatten:
                    throw new InputException($"Layer {place} flattens dimensions {flatten.start_dim} to {flatten.end_dim}; only Flatten from 1 to the last is exported.");
                case Linear linear:
                    graph.Linear(Floats(linear.weight!), Shape(linear.weight!), Bias(linear.bias));
                    break;
                case Dropout or Dropout2d:
                    break;
                case Sequential inner:
                    Add(graph, inner, $"{place}.");
                    break;
                default:
                    throw new InputException($"Layer {place} is a {layer.GetName()}, which is not exported; {Supported}.");
            }
        }
    }

    private static int Classes(Sequential classifier, ImageShape image)
    {
        bool wasTraining = classifier.training;
        classifier.eval();
        try
        {
            long[] shape = classifier.forward(torch.zeros(2, image.Channels, image.Height, image.Width, device: classifier.parameters().FirstOrDefault()?.device)).shape;
            return shape is [2, > 0 and <= int.MaxValue]
                ? (int)shape[1] : throw new InputException($"The layers give [{string.Join(", ", shape)}] for 2 images of {image}; a classifier must give one row of scores per image.");
        }
        catch (System.Runtime.InteropServices.ExternalException e)
        {
            throw new InputException($"The layers do not accept an image of {image} ({e.Message.Split('\n')[0].TrimEnd('.')}); give the image size of the classifier.", e);
        }
        finally
        {
            classifier.train(wasTraining);
        }
    }

    private static (int Down, int Across) Padding(Conv2d conv, string place) =>
        conv.padding_type is { } type ? throw new InputException($"Layer {place} has padding {type}; give the number of rows and columns instead.")
        : conv.padding_mode != PaddingModes.Zeros ? throw new InputException($"Layer {place} pads with {conv.padding_mode}; only padding with zeros is exported.")
        : Pair(conv.padding, 0);

    // A single number applies to both directions.
    private static (int Down, int Across) Pair(long[]? numbers, int otherwise = 1) =>
        numbers is null or [] ? (otherwise, otherwise) : (checked((int)numbers[0]), checked((int)numbers[^1]));

    private static ReadOnlySpan<float> Bias(torch.Tensor? bias) => bias is null ? [] : Floats(bias);

    private static float[] Sum(torch.Tensor?[] biases, int count)
    {
        var sum = new float[count];
        foreach (torch.Tensor bias in biases.OfType<torch.Tensor>())
        {
            System.Numerics.Tensors.TensorPrimitives.Add(sum, Floats(bias), sum);
        }

        return sum;
    }

    private static int[] Shape(torch.Tensor tensor) => [.. tensor.shape.Select(dim => checked((int)dim))];

    private static float[] Floats(torch.Tensor tensor) => tensor.detach().cpu().to(torch.ScalarType.Float32).contiguous().data<float>().ToArray();
}
