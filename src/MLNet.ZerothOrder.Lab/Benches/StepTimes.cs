using System.Text.Json.Serialization;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder.Lab;

/// <summary>The time of one step of a learned optimizer, computed by the library itself and by ONNX Runtime. One thread measures both in turn.</summary>
/// <param name="Optimizer">The file of the optimizer; null for random weights of the paper's architecture.</param>
/// <param name="Networks">The networks of a step.</param>
/// <param name="Hidden">The hidden units of each network.</param>
/// <param name="Dimension">d, the number of coordinates.</param>
/// <param name="Cores">The number of processors of the machine, of which one was used.</param>
/// <param name="ManagedNanosecondsPerCoordinate">The time with the library itself.</param>
/// <param name="OnnxNanosecondsPerCoordinate">The time with ONNX Runtime.</param>
public sealed record StepTimes(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Optimizer,
    string Networks, int Hidden, int Dimension, int Cores, double ManagedNanosecondsPerCoordinate, double OnnxNanosecondsPerCoordinate) : BenchResult
{
    /// <summary>The number of rounds. Times are medians over them.</summary>
    public const int Rounds = 5;

    private const int PaperHidden = 10;
    private const int WarmUp = 3;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(0.3);

    /// <summary>Measures an optimizer.</summary>
    /// <param name="file">The file of the optimizer; null for random weights of the paper's architecture.</param>
    /// <param name="dimension">d, the number of coordinates.</param>
    /// <param name="cancellation">Cancels the measurement.</param>
    /// <exception cref="InputException">The file is not a learned optimizer.</exception>
    public static StepTimes Measure(string? file, int dimension, CancellationToken cancellation = default)
    {
        RandomKey key = RandomKey.FromSeed(1);
        LearnedModel model = file is not null
            ? OptimizerFile.Read(file) : new LearnedModel(RnnWeights.Draw(key.Derive(1), 1, PaperHidden), RnnWeights.Draw(key.Derive(2), 2, PaperHidden));
        double[] medians;
        if (model.Kind == LearnedKind.Proximal)
        {
            using var onnx = new OnnxRnn(model);
            medians = Medians(Step(new ManagedRnn(model.Update), model.Update, dimension), Step(onnx, model.Update, dimension));
        }
        else
        {
            using var onnx = new OnnxStep(model);
            medians = Medians(Step(new ManagedStep(model), dimension), Step(onnx, dimension));
        }

        string networks = model.Kind == LearnedKind.Proximal ? "proximal step's network" : model.Query is null ? "UpdateRNN" : "UpdateRNN, QueryRNN";
        return new StepTimes(file, networks, model.Hidden, dimension, Environment.ProcessorCount, medians[0], medians[1]);

        double[] Medians(params Action[] steps)
        {
            for (int i = 0; i < WarmUp; i++)
            {
                Array.ForEach(steps, step => step());
            }

            return BenchTimer.Medians(Rounds, [.. steps.Select(step => (Func<double>)(() => BenchTimer.PerCall(step, Turn, cancellation).TotalNanoseconds / dimension))]);
        }
    }

    private static Action Step(ILearnedStep step, int dimension)
    {
        float[] inputs = Normals(step.Inputs * dimension), state = new float[step.StateLength(dimension)], update = new float[dimension], deviation = new float[dimension];
        return () => step.Run(inputs, default, 1, state, update, deviation);
    }

    private static Action Step(ICoordinatewiseRnn network, RnnWeights weights, int dimension)
    {
        float[] inputs = Normals(weights.Inputs * dimension), state = new float[network.StateLength(dimension)], outputs = new float[weights.Outputs * dimension];
        return () => network.Run(inputs, state, outputs);
    }

    private static float[] Normals(int count)
    {
        var values = new float[count];
        CounterRandom.Normals(RandomKey.FromSeed(1), values);
        return values;
    }
}
