using System.Globalization;
using System.Text.Json;

namespace MLNet.ZerothOrder;

/// <summary>A declared input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The format of its numbers.</param>
/// <param name="Dims">Its shape; a negative size is open.</param>
internal sealed record TensorDeclaration(string Name, TensorType Type, int[] Dims)
{
    /// <summary>The shape as text, such as <c>[?, 1, 28, 28]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Dims.Select(dim => dim < 0 ? "?" : dim.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>The only input of a model.</summary>
    /// <exception cref="RequestFailure">There are several, or it takes no images.</exception>
    public static TensorDeclaration InputOf(string model, IReadOnlyList<TensorDeclaration> inputs)
    {
        if (inputs.Count != 1)
        {
            throw new RequestFailure($"Model '{model}' has {inputs.Count} inputs ({string.Join(", ", inputs.Select(input => input.Name))}); give a model whose only input is images.", isTransient: false);
        }

        return inputs[0].Type.TakesImages() ? inputs[0]
            : throw new RequestFailure($"Model '{model}' takes '{inputs[0].Name}' as {inputs[0].Type}; give a model that takes images as FP32, FP64, FP16, BF16 or UINT8.", isTransient: false);
    }

    /// <summary>The output with the scores: the named one, the only one, or the only one with several floats for each image.</summary>
    /// <exception cref="RequestFailure">None or several fit.</exception>
    public static TensorDeclaration OutputOf(string model, IReadOnlyList<TensorDeclaration> outputs, string? name)
    {
        string all = string.Join(", ", outputs.Select(output => $"{output.Name} {output.Type} {output.ShapeText}"));
        if (name is not null)
        {
            return outputs.FirstOrDefault(output => output.Name == name)
                ?? throw new RequestFailure($"Model '{model}' has no output '{name}'; name one of {all}.", isTransient: false) { Argument = "Output" };
        }

        if (outputs.Count == 1)
        {
            return outputs[0];
        }

        TensorDeclaration[] scores = [.. outputs.Where(output => !output.Type.IsInteger() && output.Type != TensorType.BYTES && output.Dims is [.., not 1])];
        return scores.Length == 1 ? scores[0] : throw new RequestFailure($"Model '{model}' has {outputs.Count} outputs ({all}); name the one with the scores.", isTransient: false) { Argument = "Output" };
    }

    /// <summary>Reads a declaration with the members <c>name</c>, <c>datatype</c> and <c>shape</c>.</summary>
    public static TensorDeclaration Read(JsonElement json)
    {
        string name = json.GetProperty("name").GetString()!;
        string type = json.GetProperty("datatype").GetString() ?? "";
        return new TensorDeclaration(name, TypeOf(name, type), [.. json.GetProperty("shape").EnumerateArray().Select(Dim)]);

        // MLServer writes open sizes as -1, some servers as 0 or text.
        static int Dim(JsonElement dim) => dim.ValueKind == JsonValueKind.Number && dim.TryGetInt32(out int size) && size > 0 ? size : -1;
    }

    /// <summary>A number format by its name.</summary>
    /// <exception cref="RequestFailure">There is none of this name.</exception>
    public static TensorType TypeOf(string tensor, string name) => Enum.TryParse(name, out TensorType type) && Enum.IsDefined(type) ? type
        : throw new RequestFailure($"The server declares '{tensor}' as {name}, which is no number format of the Open Inference Protocol.", isTransient: false);
}
