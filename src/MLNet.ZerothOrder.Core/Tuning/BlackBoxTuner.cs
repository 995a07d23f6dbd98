using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// Minimizes any function of d numbers in a box with any optimizer. Use <see cref="Minimize"/> if the function can be called, and
/// <see cref="Ask"/> and <see cref="Tell(ReadOnlySpan{double})"/> if it is evaluated elsewhere.
/// <code>
/// var tuner = new BlackBoxTuner(bounds);
/// while (tuner.Stop is null)
/// {
///     tuner.Tell([.. tuner.Ask().Select(point => Loss(point))]);
/// }
/// </code>
/// </summary>
/// <remarks>
/// The optimizer works on θ in the unit cube of the coordinates that are not fixed, so that μ and the step size mean the same in all
/// of them. It starts at the best point of an exploration. θ is clipped to the cube after every step. Every evaluated
/// point can become the best. Repeated points are answered from memory. A loss that is not a finite number
/// never becomes the best; the optimizer sees it as the worst finite loss plus the range of the finite losses.
/// </remarks>
public sealed class BlackBoxTuner
{
    private const int LeastExploration = 6;
    private const int MostExploration = 16;
    private const int UnlimitedHorizon = 200;

    // An optimizer that has converged only repeats known points. Direct search may still find a new direction after a few steps.
    private const int LongestIdle = 100;

    private readonly BoxBounds _bounds;
    private readonly TunerOptions _options;
    private readonly IZerothOrderOptimizer _optimizer;
    private readonly StepDriver _driver;
    private readonly RandomKey _key;
    private readonly QueryLedger _ledger;
    private readonly int _exploration;
    private readonly int[] _free;
    private readonly float[] _start;
    private readonly float[] _startTheta;
    private readonly List<double> _trace = [];
    private readonly Dictionary<UInt128, double> _memory = [];

    // The current step: its points in the unit cube, the points still to be evaluated, and the progress.
    private readonly List<float[]> _rows = [];
    private readonly List<(UInt128 Key, float[] Point)> _open = [];
    private readonly List<UInt128> _rowKeys = [];
    private int _asked;
    private int _told;
    private bool _isExploring = true;
    private long _bestAt;
    private double _worst = double.NaN;

    /// <param name="bounds">The box to search.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InputException">The start is outside the bounds, or the budget is smaller than a step of the optimizer.</exception>
    public BlackBoxTuner(BoxBounds bounds, TunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(bounds);
        _bounds = bounds;
        _options = options ?? new TunerOptions();
        _optimizer = _options.Optimizer ?? new DirectSearch();
        _key = RandomKey.FromSeed(_options.Seed);
        _ledger = new QueryLedger(_options.Budget);

        int directions = _optimizer.Directions;
        long wanted = _options.Budget is { } most ? Math.Min(Math.Clamp(most / 8, LeastExploration, MostExploration), most - directions) : LeastExploration;
        _exploration = _options.Exploration ?? (int)Math.Max(1, wanted);
        if (directions > 1 && _options.Budget - _exploration < directions)
        {
            throw new InputException(
                $"A step of {_optimizer.Name} takes {directions} evaluations, and a budget of {_options.Budget} leaves {Math.Max(0, _options.Budget.GetValueOrDefault() - _exploration)} after the exploration; give more budget or fewer directions.");
        }

        int horizon = _options.Budget is { } budget ? (int)Math.Clamp((budget - _exploration) / directions, 1, int.MaxValue) : UnlimitedHorizon;
        _free = [.. Enumerable.Range(0, bounds.Dimension).Where(i => bounds.Lower[i] < bounds.Upper[i])];
        _start = Start();
        BestPoint = _start;

        // If all coordinates are fixed, θ has one dummy coordinate.
        _startTheta = _free.Length == 0 ? [0] : [.. _free.Select(i => (float)(((double)_start[i] - bounds.Lower[i]) / ((double)bounds.Upper[i] - bounds.Lower[i])))];
        var ones = new float[_startTheta.Length];
        ones.AsSpan().Fill(1);
        var objective = new FunctionObjective(_startTheta.Length)
        {
            Known = new KnownTerm(double.NegativeInfinity, 0, DistortionNorm.L1, _startTheta, new float[_startTheta.Length], ones),
        };
        _driver = new StepDriver(objective, _optimizer, (float)_options.Smoothing, _key, horizon);
        Prepare();
    }

    /// <summary>Why tuning ended; null while there are points to evaluate.</summary>
    public StopReason? Stop { get; private set; }

    /// <summary>The evaluated point with the lowest loss so far, d floats; the start until a loss is finite.</summary>
    public ReadOnlyMemory<float> BestPoint { get; private set; }

    /// <summary>The lowest loss so far; NaN until a loss is finite.</summary>
    public double BestLoss { get; private set; } = double.NaN;

    /// <summary>Points handed out for evaluation so far; never more than the budget.</summary>
    public long Evaluations => _ledger.Charged;

    /// <summary>The losses so far, in the order in which their points were asked.</summary>
    public IReadOnlyList<double> Trace => _trace;

    /// <summary>The result so far.</summary>
    public TunerResult Result => new(BestPoint, BestLoss, Stop, [.. _trace]);

    /// <summary>Minimizes a function.</summary>
    /// <param name="loss">The function, of d floats inside the bounds. It must be deterministic unless the options say otherwise. Its exceptions pass through.</param>
    /// <param name="bounds">The box to search.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellation">Ends tuning between two evaluations with the result so far.</param>
    /// <exception cref="InputException">As for the constructor, or nothing in the options or the cancellation would ever end the tuning.</exception>
    public static TunerResult Minimize(
        Func<ReadOnlySpan<float>, double> loss, BoxBounds bounds, TunerOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return Run(bounds, options, 1, points => [loss(points[0])], cancellation);
    }

    /// <summary>Minimizes a function that evaluates many points at once, such as in parallel.</summary>
    /// <param name="losses">Returns one loss per point; each point has d floats inside the bounds. Its exceptions pass through.</param>
    /// <param name="bounds">The box to search.</param>
    /// <param name="options">The options; null for the defaults. For larger batches, choose an optimizer with more directions.</param>
    /// <param name="cancellation">Ends tuning between two batches with the result so far.</param>
    /// <exception cref="InputException">As for <see cref="Minimize"/>, or the number of losses is not the number of points.</exception>
    public static TunerResult MinimizeBatches(
        Func<IReadOnlyList<float[]>, IReadOnlyList<double>> losses, BoxBounds bounds, TunerOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(losses);
        return Run(bounds, options, int.MaxValue, losses, cancellation);
    }

    /// <summary>The next points to evaluate, d floats each; empty when tuning has ended. The points count as evaluated.</summary>
    /// <param name="atMost">The most points to return. The rest of the step follows with the next calls. This does not change any point.</param>
    /// <exception cref="InvalidOperationException">The losses of the last points are missing.</exception>
    public IReadOnlyList<float[]> Ask(int atMost = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atMost);
        if (_asked > _told)
        {
            throw new InvalidOperationException($"{_asked - _told} points still have no losses; tell their losses before asking again.");
        }

        if (Stop is not null)
        {
            return [];
        }

        int count = Math.Min(atMost, _open.Count - _asked);
        _ledger.TryCharge(count);
        _asked += count;
        return [.. _open.Slice(_told, count).Select(open => (float[])open.Point.Clone())];
    }

    /// <summary>Takes the losses of the points of the last <see cref="Ask"/>, in the same order. A loss that is not a finite number marks a point as unusable.</summary>
    /// <exception cref="InputException">The number of losses is not the number of points.</exception>
    public void Tell(params ReadOnlySpan<double> losses)
    {
        if (losses.Length != _asked - _told)
        {
            throw new InputException($"{losses.Length} losses are given for {_asked - _told} points; give one per point, NaN for a point without a loss.");
        }

        foreach (double loss in losses)
        {
            Record(_open[_told++], loss);
        }

        if (Stop is not null || losses.Length == 0)
        {
            return;
        }

        if (BestLoss <= _options.Goal)
        {
            Stop = StopReason.Success;
        }
        else if (!_ledger.CanAfford(1))
        {
            Stop = StopReason.Budget;
        }
        else if (_trace.Count - _bestAt >= _options.Patience)
        {
            Stop = StopReason.NoImprovement;
        }
        else if (_told == _open.Count)
        {
            Conclude();
            Prepare();
        }
    }

    /// <summary>Ends tuning with the result so far.</summary>
    public void Cancel() => Stop ??= StopReason.Cancelled;

    private static TunerResult Run(
        BoxBounds bounds, TunerOptions? options, int atMost, Func<IReadOnlyList<float[]>, IReadOnlyList<double>> losses, CancellationToken cancellation)
    {
        options ??= new TunerOptions();
        if (options is { Budget: null, Patience: null, Goal: null } && !cancellation.CanBeCanceled)
        {
            throw new InputException("Tuning without a budget, patience, goal or cancellation would never end; give one of them.");
        }

        var tuner = new BlackBoxTuner(bounds, options);
        try
        {
            while (tuner.Stop is null)
            {
                cancellation.ThrowIfCancellationRequested();
                tuner.Tell([.. losses(tuner.Ask(atMost))]);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            tuner.Cancel();
        }

        return tuner.Result;
    }

    private float[] Start()
    {
        if (_options.Start is null)
        {
            return [.. Enumerable.Range(0, _bounds.Dimension).Select(i => (float)((_bounds.Lower[i] + (double)_bounds.Upper[i]) / 2))];
        }

        float[] start = [.. _options.Start];
        if (!_bounds.Contains(start))
        {
            throw new InputException(start.Length != _bounds.Dimension
                ? $"The start has {start.Length} numbers, the bounds have {_bounds.Dimension} coordinates; give one number per coordinate."
                : $"The start [{string.Join(", ", start.Select(x => x.ToString(System.Globalization.CultureInfo.InvariantCulture)))}] is outside the bounds; give a point inside them.");
        }

        return start;
    }

    // Advances to the next step with a new point to evaluate.
    private void Prepare()
    {
        for (int idle = 0; idle < LongestIdle; idle++)
        {
            _rows.Clear();
            _rowKeys.Clear();
            _open.Clear();
            _asked = 0;
            _told = 0;
            if (_isExploring)
            {
                Explore();
            }
            else
            {
                Step();
            }

            foreach (float[] row in _rows)
            {
                float[] point = Point(row);
                UInt128 key = Key(point);
                _rowKeys.Add(key);
                if (!_memory.ContainsKey(key) && !_open.Exists(open => open.Key == key))
                {
                    _open.Add((key, point));
                }
            }

            // Points beyond the budget are not asked; the run then ends within the step.
            if (_options.Budget - _ledger.Charged is { } left && left < _open.Count)
            {
                _open.RemoveRange((int)left, _open.Count - (int)left);
            }

            if (_open.Count > 0)
            {
                return;
            }

            Conclude();
        }

        Stop = StopReason.NoImprovement;
    }

    private void Explore()
    {
        int d = _startTheta.Length;
        _rows.Add([.. _startTheta]);
        int count = _exploration - 1;
        for (int i = 0; i < count; i++)
        {
            _rows.Add(new float[d]);
        }

        // Latin hypercube: each coordinate has one value in each of the equal strata.
        var strata = new int[count];
        var within = new float[count];
        for (int j = 0; j < d && count > 0; j++)
        {
            for (int i = 0; i < count; i++)
            {
                strata[i] = i;
            }

            RandomKey key = _key.Derive(0).Derive((ulong)j);
            CounterRandom.Shuffle(key, strata.AsSpan());
            CounterRandom.Uniforms(key, within);
            for (int i = 0; i < count; i++)
            {
                _rows[1 + i][j] = Math.Min(1, (strata[i] + within[i]) / count);
            }
        }
    }

    private void Step()
    {
        _driver.Ask();
        for (int i = 0; i < _driver.Rows; i++)
        {
            var row = new float[_startTheta.Length];
            _driver.WritePoint(i, row);
            Box(row, _driver.Theta);
            _rows.Add(row);
        }
    }

    // Clips to the unit cube. A NaN coordinate keeps the value of θ.
    private static void Box(Span<float> point, ReadOnlySpan<float> theta)
    {
        for (int i = 0; i < point.Length; i++)
        {
            point[i] = float.IsNaN(point[i]) ? theta[i] : Math.Clamp(point[i], 0, 1);
        }
    }

    // Runs when all points of the step are known.
    private void Conclude()
    {
        Evaluation[] answers =
        [
            .. _rowKeys.Select(key => _memory[key]).Select(loss => double.IsFinite(loss) ? loss : Unusable).Select(loss => new Evaluation(loss, loss, false)),
        ];
        if (_isExploring)
        {
            _isExploring = false;
            int best = 0;
            for (int i = 1; i < answers.Length; i++)
            {
                best = answers[i].Loss < answers[best].Loss ? i : best;
            }

            _rows[best].CopyTo(_driver.Theta);
        }
        else
        {
            float[] before = [.. _driver.Theta];
            answers.CopyTo(_driver.Answers);
            _driver.Tell();
            Box(_driver.Theta, before);
        }

        if (_options.IsRandom)
        {
            _memory.Clear();
        }
    }

    private double Unusable
    {
        get
        {
            if (double.IsNaN(_worst))
            {
                return 0;
            }

            double spread = _worst - BestLoss;
            return _worst + (spread > 0 ? spread : Math.Max(1, Math.Abs(_worst)));
        }
    }

    private void Record((UInt128 Key, float[] Point) open, double loss)
    {
        _memory[open.Key] = loss;
        _trace.Add(loss);
        if (!double.IsFinite(loss))
        {
            return;
        }

        // Negated, so that the first finite loss replaces NaN.
        if (!(loss >= BestLoss))
        {
            BestLoss = loss;
            BestPoint = open.Point;
            _bestAt = _trace.Count;
        }

        _worst = !(loss <= _worst) ? loss : _worst;
    }

    // Maps the unit cube to the bounds.
    private float[] Point(ReadOnlySpan<float> theta)
    {
        float[] point = [.. _start];
        if (theta.SequenceEqual(_startTheta))
        {
            return point;
        }

        for (int j = 0; j < _free.Length; j++)
        {
            int i = _free[j];
            double lower = _bounds.Lower[i];
            double upper = _bounds.Upper[i];
            point[i] = (float)(lower + (theta[j] * (upper - lower)));
        }

        return point;
    }

    // Stores hashes instead of points, because there may be many points with many coordinates.
    private static UInt128 Key(ReadOnlySpan<float> point)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(point), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
