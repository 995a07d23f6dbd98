using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNet.ZerothOrder;

/// <summary>A trace of lowest losses, which few steps change: only these steps are kept, and the last one.</summary>
internal sealed class BestTrace : IReadOnlyList<double>
{
    private readonly int[] _steps;
    private readonly double[] _losses;

    /// <summary>Keeps the steps of a trace that changed it.</summary>
    public BestTrace(IReadOnlyList<double> trace)
    {
        var steps = new List<int>();
        for (int step = 0; step < trace.Count; step++)
        {
            if (step == 0 || step == trace.Count - 1 || !trace[step].Equals(trace[step - 1]))
            {
                steps.Add(step);
            }
        }

        _steps = [.. steps];
        _losses = [.. steps.Select(step => trace[step])];
    }

    private BestTrace(int[] steps, double[] losses) => (_steps, _losses) = (steps, losses);

    /// <inheritdoc/>
    public int Count => _steps.Length == 0 ? 0 : _steps[^1] + 1;

    /// <inheritdoc/>
    public double this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int found = Array.BinarySearch(_steps, index);
            return _losses[found >= 0 ? found : ~found - 1];
        }
    }

    /// <inheritdoc/>
    public IEnumerator<double> GetEnumerator()
    {
        for (int i = 0; i < _steps.Length; i++)
        {
            for (int step = _steps[i]; step < (i + 1 < _steps.Length ? _steps[i + 1] : Count); step++)
            {
                yield return _losses[i];
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The trace as it is stored.</summary>
    internal BestTraceJson ToJson() => new(_steps, _losses);

    /// <summary>The trace of a file.</summary>
    /// <exception cref="JsonException">It has no step 0, its steps are not ascending, or their number is not that of the losses.</exception>
    internal static BestTrace Of(BestTraceJson json) =>
        json is { Steps: { } steps, Losses: { } losses } && steps.Length == losses.Length && (steps.Length == 0 || (steps[0] == 0 && steps[^1] <= MostSteps))
        && steps.Zip(steps.Skip(1)).All(pair => pair.First < pair.Second)
        ? new BestTrace(steps, losses) : throw new JsonException("a trace does not have a loss for each of its ascending steps");

    // More than any run has, and little enough to draw.
    private const int MostSteps = 10_000_000;
}

/// <summary>A <see cref="BestTrace"/> in JSON.</summary>
internal sealed record BestTraceJson(int[] Steps, double[] Losses);

/// <summary>Writes a trace as its losses, or a <see cref="BestTrace"/> as its steps and losses.</summary>
internal sealed class TraceConverter : JsonConverter<IReadOnlyList<double>>
{
    public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.StartObject
        ? BestTrace.Of(JsonSerializer.Deserialize(ref reader, ResultJson.Readable.BestTraceJson)!) : JsonSerializer.Deserialize(ref reader, ResultJson.Readable.DoubleArray)!;

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
    {
        if (value is BestTrace best)
        {
            JsonSerializer.Serialize(writer, best.ToJson(), ResultJson.Readable.BestTraceJson);
        }
        else
        {
            JsonSerializer.Serialize(writer, [.. value], ResultJson.Readable.DoubleArray);
        }
    }
}
