using System.Runtime.InteropServices;

namespace MLNet.ZerothOrder;

/// <summary>
/// The rounds of a problem whose c is found by bisection (<see cref="AttackLoss.BisectionRounds"/>). A round has an equal share of the steps and of the budget that are left.
/// c is raised after a round that found a smaller change, and lowered after one that did not: tenfold until there is one of each, and then to the geometric mean of both.
/// </summary>
internal sealed class WeightBisection
{
    private const double Factor = 10;

    // A distortion is (loss − margin)/c. Of a smaller c it would be rounding.
    private const double LeastShare = 1e-8;

    // A smaller gain is the rounding of a start at the smallest change so far.
    private const double LeastGain = 1e-3;
    private const int BytesOfRound = (3 * sizeof(double)) + sizeof(long);
    private const int FixedBytes = (4 * sizeof(int)) + (11 * sizeof(double)) + (2 * sizeof(long)) + sizeof(int);

    private readonly int _count;
    private readonly double _floor;
    private readonly double _first;
    private readonly List<BisectionRound> _ended = [];
    private double _raisedFrom = double.NaN;
    private double _loweredFrom = double.NaN;

    // ‖x − x0‖_p of the best success of the earlier rounds and of this one, and the lowest loss of this one.
    private double _smallestBefore = double.NaN;
    private double _smallest = double.NaN;
    private double _lowest = double.NaN;

    // The margin's part of the loss at the start of the run, and both parts at the last iterate.
    private double _hingeAtStart = double.NaN;
    private double _hinge = double.NaN;
    private double _distortion = double.NaN;
    private long _chargedBefore;

    /// <param name="loss">The loss, with the c of the first round.</param>
    public WeightBisection(AttackLoss loss)
    {
        _count = loss.BisectionRounds!.Value;
        _floor = -loss.Confidence;
        _first = Weight = loss.DistortionWeight;
    }

    /// <summary>Restores a saved bisection.</summary>
    public WeightBisection(CheckpointReader reader)
    {
        _count = reader.Int();
        _floor = reader.Double();
        _first = reader.Double();
        Weight = reader.Double();
        _raisedFrom = reader.Double();
        _loweredFrom = reader.Double();
        _smallestBefore = reader.Double();
        _smallest = reader.Double();
        _lowest = reader.Double();
        _hingeAtStart = reader.Double();
        _hinge = reader.Double();
        _distortion = reader.Double();
        _chargedBefore = reader.Long();
        KeptRows = reader.Long();
        IterationsBefore = reader.Int();
        LastIteration = reader.Int();
        Horizon = reader.Int();
        for (int left = reader.Count(BytesOfRound); left > 0; left--)
        {
            double weight = reader.Double(), distortion = reader.Double();
            bool success = reader.Double() > 0;
            _ended.Add(new BisectionRound(weight, success, double.IsNaN(distortion) ? null : distortion, reader.Long()));
        }
    }

    /// <summary>c of this round.</summary>
    public double Weight { get; private set; }

    /// <summary>The number of this round, from 1.</summary>
    public int Number => _ended.Count + 1;

    /// <summary>Whether no further round follows.</summary>
    public bool IsLast => Number >= _count;

    /// <summary>Whether the last iterate has a lower loss than the start of the run, with the c of this round.</summary>
    public bool LastIsBetterThanStart => _hinge + (Weight * _distortion) < _hingeAtStart;

    /// <summary>The steps that the optimizer can rely on in this round.</summary>
    public int Horizon { get; private set; }

    /// <summary>The problem's iterations before this round.</summary>
    public int IterationsBefore { get; private set; }

    /// <summary>The problem's iterations at which this round ends.</summary>
    public int LastIteration { get; private set; }

    /// <summary>The rows of the budget that are kept for later rounds.</summary>
    public long KeptRows { get; private set; }

    /// <summary>The bytes that <see cref="Save"/> writes.</summary>
    public int SavedLength => FixedBytes + (BytesOfRound * _ended.Count);

    /// <summary>The rounds so far. The last one may be in progress.</summary>
    /// <param name="charged">The problem's charged queries.</param>
    public IReadOnlyList<BisectionRound> Rounds(long charged) => charged > _chargedBefore ? [.. _ended, This(charged)] : _ended;

    /// <summary>Gives this round its share.</summary>
    /// <param name="ledger">The problem's ledger.</param>
    /// <param name="limits">The problem's limits.</param>
    /// <param name="iteration">The problem's iterations so far.</param>
    /// <param name="rowsOfStep">q + 1.</param>
    public void Share(QueryLedger ledger, RunLimits limits, int iteration, long rowsOfStep)
    {
        int rounds = _count - _ended.Count;
        IterationsBefore = iteration;
        LastIteration = limits.Iterations == int.MaxValue ? int.MaxValue : iteration + ((limits.Iterations - iteration) / rounds);
        long rows = ledger.Affordable / rounds;
        KeptRows = ledger.Budget is null ? 0 : ledger.Affordable - rows;
        Horizon = (int)Math.Clamp((rows - 1) / rowsOfStep, 1, Math.Max(1, LastIteration - iteration));
    }

    /// <summary>Ends this round and chooses the c of the next one.</summary>
    /// <param name="charged">The problem's charged queries.</param>
    public void Next(long charged)
    {
        BisectionRound ended = This(charged);
        _ended.Add(ended);
        if (ended.Success)
        {
            _raisedFrom = Weight;
        }
        else
        {
            _loweredFrom = Weight;
        }

        Weight = double.IsNaN(_loweredFrom) ? Weight * Factor : double.IsNaN(_raisedFrom) ? Math.Max(Weight / Factor, LeastShare * _first) : Math.Sqrt(_raisedFrom * _loweredFrom);
        _smallestBefore = _smallest < _smallestBefore || double.IsNaN(_smallestBefore) ? _smallest : _smallestBefore;
        (_smallest, _lowest, _chargedBefore) = (double.NaN, double.NaN, charged);
    }

    /// <summary>The loss with the c of the first round, by which iterates of all rounds are compared.</summary>
    public double AtFirstWeight(Evaluation answer) => Hinge(answer) + (_first * Distortion(answer));

    /// <summary>Takes a success.</summary>
    /// <returns>Whether its change is the smallest so far.</returns>
    public bool TakeSuccess(Evaluation answer)
    {
        double distortion = Distortion(answer);
        bool isBest = !(distortion >= _smallest) && !(distortion >= _smallestBefore);
        _smallest = distortion < _smallest || double.IsNaN(_smallest) ? distortion : _smallest;
        return isBest;
    }

    /// <summary>Takes an iterate.</summary>
    /// <returns>Whether its loss is the lowest of this round.</returns>
    public bool TakeIterate(Evaluation answer)
    {
        bool isLowest = !(answer.Loss >= _lowest) && !double.IsNaN(answer.Loss);
        _lowest = isLowest ? answer.Loss : _lowest;
        (_hinge, _distortion) = (Hinge(answer), Distortion(answer));
        _hingeAtStart = double.IsNaN(_hingeAtStart) ? _hinge : _hingeAtStart;
        return isLowest;
    }

    /// <summary>Writes what <see cref="WeightBisection(CheckpointReader)"/> reads.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Int(_count);
        foreach (double value in (ReadOnlySpan<double>)[_floor, _first, Weight, _raisedFrom, _loweredFrom, _smallestBefore, _smallest, _lowest, _hingeAtStart, _hinge, _distortion])
        {
            writer.Double(value);
        }

        writer.Long(_chargedBefore);
        writer.Long(KeptRows);
        writer.Int(IterationsBefore);
        writer.Int(LastIteration);
        writer.Int(Horizon);
        writer.Int(_ended.Count);
        foreach (BisectionRound round in CollectionsMarshal.AsSpan(_ended))
        {
            writer.Double(round.Weight);
            writer.Double(round.Distortion ?? double.NaN);
            writer.Double(round.Success ? 1 : 0);
            writer.Long(round.Queries);
        }
    }

    /// <summary>Whether a restored bisection can belong to a problem.</summary>
    /// <param name="charged">The problem's charged queries.</param>
    /// <param name="iteration">The problem's iterations.</param>
    public bool Fits(long charged, int iteration) =>
        _ended.Count < _count && _chargedBefore == _ended.Sum(round => round.Queries) && _chargedBefore <= charged && KeptRows >= 0 && Weight > 0
        && Horizon >= 1 && IterationsBefore >= 0 && IterationsBefore <= iteration && iteration <= LastIteration;

    private BisectionRound This(long charged) => new(
        Weight, !double.IsNaN(_smallest) && !(_smallest > _smallestBefore * (1 - LeastGain)), double.IsNaN(_smallest) ? null : _smallest, charged - _chargedBefore);

    private double Hinge(Evaluation answer) => Math.Max(answer.Margin, _floor);

    private double Distortion(Evaluation answer) => (answer.Loss - Hinge(answer)) / Weight;
}
