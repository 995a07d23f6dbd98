using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The paper's binary classification task, f(θ) = (1/n) Σ (yᵢ − 1/(1 + e^{−θᵀxᵢ}))², on many datasets. Per dataset θ* ~ N(0, I_d),
/// xᵢ ~ N(0, I_d), and yᵢ = 1 if θ*ᵀxᵢ > 0, else 0. A query returns the mean over a minibatch of b points, drawn with
/// replacement for each problem and step (<see cref="RowKey"/>), so the q + 1 rows of one step share it.
/// One oracle serves all datasets, also mixed in one batch: the problem key of a row selects the dataset (<see cref="DatasetOf"/>).
/// Thread-safe. A dataset is generated at its first use and cached.
/// </summary>
public sealed class BinaryClassification : IQueryOracle
{
    private const ulong MinibatchStream = 0x6D696E6962617463;

    private readonly Lazy<(float[] Points, float[] Labels)>[] _datasets;
    private readonly RandomKey _key;
    private readonly int _dimension;
    private readonly int _samples;
    private readonly int _minibatch;

    /// <param name="seed">The seed of all datasets.</param>
    /// <param name="datasets">The number of datasets.</param>
    /// <param name="dimension">d.</param>
    /// <param name="samples">n, points per dataset.</param>
    /// <param name="minibatch">b, points per query.</param>
    /// <param name="startScale">θ_0 ~ startScale · N(0, I).</param>
    /// <param name="concurrency">The number of calls that may run at the same time.</param>
    public BinaryClassification(
        long seed, int datasets = 100, int dimension = 100, int samples = 2000, int minibatch = 64, float startScale = 1, int concurrency = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(datasets);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(minibatch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(concurrency);
        Objective = new FunctionObjective(dimension, startScale);
        Concurrency = concurrency;
        _key = RandomKey.FromSeed(seed);
        _dimension = dimension;
        _samples = samples;
        _minibatch = minibatch;
        _datasets = [.. Enumerable.Range(0, datasets).Select(i => new Lazy<(float[], float[])>(() => Make(i)))];
    }

    /// <summary>The error on the minibatch as the loss, the same objective for all datasets.</summary>
    public IObjective Objective { get; }

    /// <inheritdoc/>
    public int InputLength => _dimension;

    /// <inheritdoc/>
    public int ScoreLength => 1;

    /// <inheritdoc/>
    public int Concurrency { get; }

    /// <summary>Creates a key for a problem on a dataset.</summary>
    /// <param name="dataset">The index of the dataset.</param>
    /// <param name="trial">The trial. Each trial has its own start, minibatches and directions.</param>
    public RandomKey ProblemKey(int dataset, int trial = 0)
    {
        ThrowIfNotADataset(dataset);
        RandomKey stream = _key.Derive(ulong.MaxValue).Derive((ulong)dataset).Derive((ulong)trial);
        for (ulong attempt = 0; ; attempt++)
        {
            RandomKey key = stream.Derive(attempt);
            if (DatasetOf(key) == dataset)
            {
                return key;
            }
        }
    }

    /// <summary>The index of the dataset of a problem. It is computed from the key, so that every key is valid.</summary>
    public int DatasetOf(RandomKey problem) => (int)(problem.Value % (ulong)_datasets.Length);

    /// <summary>f(θ) over all n points of a dataset. Runs are compared by this loss, since the error on a minibatch is noisy. Not counted as a query.</summary>
    public double FullLoss(int dataset, ReadOnlySpan<float> theta)
    {
        ThrowIfNotADataset(dataset);
        (float[] points, float[] labels) = _datasets[dataset].Value;
        double sum = 0;
        for (int i = 0; i < _samples; i++)
        {
            sum += SquaredError(points, labels, i, theta);
        }

        return sum / _samples;
    }

    /// <inheritdoc/>
    public void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int row = 0; row < batch.Rows; row++)
        {
            RowKey key = batch.Key(row);
            var problem = new RandomKey(key.Problem);
            (float[] points, float[] labels) = _datasets[DatasetOf(problem)].Value;
            RandomKey draw = problem.Derive(MinibatchStream).Derive((ulong)key.Step);
            ReadOnlySpan<float> theta = batch.Input(row);
            double sum = 0;
            for (int i = 0; i < _minibatch; i++)
            {
                sum += SquaredError(points, labels, (int)(draw.Derive((ulong)i).Value % (ulong)_samples), theta);
            }

            batch.Score(row)[0] = (float)(sum / _minibatch);
        }
    }

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }

    private void ThrowIfNotADataset(int dataset)
    {
        if (dataset < 0 || dataset >= _datasets.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(dataset), dataset, $"Dataset {dataset} is outside 0..{_datasets.Length - 1}.");
        }
    }

    private double SquaredError(float[] points, float[] labels, int index, ReadOnlySpan<float> theta)
    {
        double z = SimdKernels.Dot(theta, points.AsSpan(index * _dimension, _dimension));
        double error = labels[index] - (1 / (1 + Math.Exp(-z)));
        return error * error;
    }

    private (float[] Points, float[] Labels) Make(int index)
    {
        RandomKey key = _key.Derive((ulong)index);
        var truth = new float[_dimension];
        var points = new float[checked(_samples * _dimension)];
        var labels = new float[_samples];
        CounterRandom.Normals(key.Derive(0), truth);
        CounterRandom.Normals(key.Derive(1), points);
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = SimdKernels.Dot(truth, points.AsSpan(i * _dimension, _dimension)) > 0 ? 1 : 0;
        }

        return (points, labels);
    }
}
