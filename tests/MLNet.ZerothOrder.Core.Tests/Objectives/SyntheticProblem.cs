namespace MLNet.ZerothOrder;

/// <summary>A function in closed form as an oracle and an objective, for tests, demonstrations and benchmarks.</summary>
/// <param name="Name">The name, such as <c>sphere</c>.</param>
/// <param name="Dimension">d.</param>
/// <param name="Infimum">The infimum of the function. Every problem of <see cref="SyntheticProblems"/> comes arbitrarily close to it.</param>
/// <param name="StartScale">θ_0 ~ StartScale · N(0, I).</param>
/// <param name="Value">f(θ), θ of d floats. Pure and therefore thread-safe.</param>
public sealed record SyntheticProblem(string Name, int Dimension, double Infimum, float StartScale, Func<ReadOnlySpan<float>, double> Value)
{
    /// <summary>The oracle's only score as the loss.</summary>
    public IObjective Objective { get; } = new FunctionObjective(Dimension, StartScale);

    /// <summary>An oracle that answers f(θ), rounded to a float.</summary>
    /// <param name="concurrency">The number of threads that may query it at the same time (default: 1).</param>
    public DelegateOracle CreateOracle(int concurrency = 1) => DelegateOracle.FromFunction(Dimension, Value, concurrency);
}
