using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// A search for the smallest feasible change of a table's row, for models that are flat between thresholds, such as trees. It needs scores or labels only. It works on a <see cref="RowObjective"/>.
/// <list type="number">
/// <item>It asks each feature at distances that grow to the end of its range, with the others fixed, and keeps by how much each level moved the margin.</item>
/// <item>It draws combinations of up to three levels that are cheaper than the best row so far, and asks those that the kept differences predict to succeed. Answers correct the differences.</item>
/// <item>After each success it undoes each change that is not needed, and bisects the others to the threshold that they crossed.</item>
/// <item>Between these it asks random changes of up to three features that are together smaller than the best one, which levels are too sparse for.</item>
/// <item>Where nothing better is found, it measures the differences again around the best row.</item>
/// </list>
/// </summary>
/// <remarks>
/// The bisection along a line is that of Cheng et al., "Query-Efficient Hard-label Black-box Attack", ICLR 2019, and the removal of needless changes that of "Growing Spheres" (Laugel et al., 2017).
/// State: scalars, what each point of the step tries, the center, how far each part is known to fail, and the differences.
/// </remarks>
public sealed class ThresholdSearch : ICandidateOptimizer
{
    /// <summary>Its name.</summary>
    public const string Called = "threshold-search";

    private const int Points = 16;

    // A point of a step: its kind, then up to three parts with their levels, then the predicted margin.
    private const int PointLength = 8;
    private const int MostMoves = 3;
    private const int Draws = 12;
    private const int MostDraws = 4 * Draws;

    // Steps without a better row before the differences are measured again.
    private const int Patience = 5;

    // A bisection ends at this part of the whole cost.
    private const double Tolerance = 2e-3;
    private const double Learned = 0.5;

    // Scalars of the state.
    private const int Next = 0;
    private const int Stale = 1;
    private const int CenterMargin = 2;
    private const int FirstMargin = 3;
    private const int BestMargin = 4;
    private const int BestCost = 5;
    private const int IsVerified = 6;
    private const int Scalars = 7;
    private const int Header = Scalars + (Points * PointLength);

    /// <inheritdoc/>
    public string Name => Called;

    /// <inheritdoc/>
    public int Directions => Points - 1;

    /// <inheritdoc/>
    public float? Smoothing => null;

    /// <summary>It is for rows of tables, not for an image's loss.</summary>
    /// <inheritdoc/>
    public bool Fits(AttackLoss loss) => false;

    /// <inheritdoc/>
    public int StateLength(int dimension) => checked(Header + ((3 + RowMoves.MostLevels) * dimension));

    /// <inheritdoc/>
    public int Candidates(in OptimizerStep step, ReadOnlySpan<float> state) => Points;

    /// <inheritdoc/>
    public void Ask(in OptimizerStep step, ReadOnlySpan<float> theta, Span<float> state, Span<float> directions)
    {
        var search = new Search(step, theta.Length, state);
        float[] scratch = ArrayPool<float>.Shared.Rent(theta.Length);
        search.Ask(theta, directions, scratch.AsSpan(0, theta.Length));
        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <inheritdoc/>
    public void Tell(in OptimizerStep step, ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> state)
    {
        var search = new Search(step, theta.Length, state);
        float[] scratch = ArrayPool<float>.Shared.Rent(2 * theta.Length);
        search.Tell(directions, answers, theta, scratch.AsSpan(0, theta.Length), scratch.AsSpan(theta.Length, theta.Length));
        ArrayPool<float>.Shared.Return(scratch);
    }

    // What a point tries.
    private enum Kind
    {
        Start,
        Scan,
        Revert,
        Bisect,
        Combine,
    }

    // The state with names.
    private readonly ref struct Search
    {
        private readonly RowObjective _objective;
        private readonly RowMoves _moves;
        private readonly RandomKey _key;
        private readonly int _d;
        private readonly Span<float> _scalars;
        private readonly Span<float> _points;

        // The row that the differences belong to.
        private readonly Span<float> _center;

        // The change of each part that is known to fail with the other changes, and whether 0 is.
        private readonly Span<float> _low;
        private readonly Span<float> _reverted;

        // By how much each level of each part moves the margin of the center.
        private readonly Span<float> _differences;
        private readonly int _scanned;
        private readonly bool _isFirst;

        public Search(in OptimizerStep step, int d, Span<float> state)
        {
            _objective = step.Objective as RowObjective
                ?? throw new ArgumentException($"{step.Objective.GetType().Name} is not an attack on a row of a table, which threshold-search needs.", nameof(step));
            _moves = _objective.Moves;
            _key = step.Key;
            _d = d;
            _scalars = state[..Scalars];
            _points = state.Slice(Scalars, Points * PointLength);
            _center = state.Slice(Header, d);
            _low = state.Slice(Header + d, d);
            _reverted = state.Slice(Header + (2 * d), d);
            _differences = state.Slice(Header + (3 * d), RowMoves.MostLevels * d);
            _isFirst = step.Number == 1;

            // A third of the budget, in each measurement of the differences.
            _scanned = (int)Math.Clamp((long)step.Horizon * Points / 3 / Math.Max(1, _moves.Count), 2, RowMoves.MostLevels);
        }

        private bool IsSolved => float.IsFinite(_scalars[BestCost]);

        public void Ask(ReadOnlySpan<float> theta, Span<float> directions, Span<float> input)
        {
            int rows = directions.Length / _d, row = 0;
            if (_isFirst)
            {
                _scalars.Clear();
                _scalars[BestCost] = float.PositiveInfinity;
                directions[..Math.Min(_d, directions.Length)].Clear();
                Note(row++, Kind.Start, 0);
            }

            for (int part = 0; part < _moves.Count && IsSolved; part++)
            {
                if (_moves.Value(part, theta) != 0)
                {
                    row += row < rows && Revert(part, theta, Of(directions, row), input, row) ? 1 : 0;
                    row += row < rows && Bisect(part, theta, Of(directions, row), input, row) ? 1 : 0;
                }
            }

            while (row < rows && _scalars[Next] < _scanned * _moves.Count)
            {
                row += Scan(Of(directions, row), input, row) ? 1 : 0;
            }

            if (row == rows)
            {
                return;
            }

            double[] sizes = ArrayPool<double>.Shared.Rent(_moves.Count);
            double total = 0;
            for (int part = 0; part < _moves.Count; part++)
            {
                sizes[part] = _moves.Size(part, _center);
                total += Term(sizes[part]);
            }

            for (; row < rows; row++)
            {
                Combine(theta, directions, input, row, sizes.AsSpan(0, _moves.Count), total);
            }

            ArrayPool<double>.Shared.Return(sizes);
        }

        public void Tell(ReadOnlySpan<float> directions, ReadOnlySpan<Evaluation> answers, Span<float> theta, Span<float> point, Span<float> input)
        {
            if (_isFirst)
            {
                _scalars[CenterMargin] = _scalars[FirstMargin] = _scalars[BestMargin] = (float)answers[0].Margin;
                _scalars[BestCost] = answers[0].Solved ? 0 : float.PositiveInfinity;
            }

            int best = -1;
            for (int row = 0; row < answers.Length; row++)
            {
                Evaluation answer = answers[row];
                if (answer.Solved)
                {
                    directions.Slice(row * _d, _d).CopyTo(point);
                    float cost = (float)_objective.Settle(point, input);
                    if (cost < _scalars[BestCost])
                    {
                        (best, _scalars[BestCost], _scalars[BestMargin]) = (row, cost, (float)answer.Margin);
                    }
                }
                else if (!IsSolved && answer.Margin < _scalars[BestMargin])
                {
                    (best, _scalars[BestMargin]) = (row, (float)answer.Margin);
                }

                Learn(row, answer, directions.Slice(row * _d, _d));
            }

            if (best >= 0)
            {
                Take(best, directions.Slice(best * _d, _d), theta);
            }
            else
            {
                Wait(theta);
            }
        }

        private static Span<float> Of(Span<float> directions, int row, int d) => directions.Slice(row * d, d);

        private Span<float> Of(Span<float> directions, int row) => Of(directions, row, _d);

        private Span<float> PointOf(int row) => _points.Slice(row * PointLength, PointLength);

        private ref float Difference(int part, int level) => ref _differences[(part * RowMoves.MostLevels) + level];

        private void Note(int row, Kind kind, float predicted, ReadOnlySpan<(int Part, int Level)> moves = default)
        {
            Span<float> point = PointOf(row);
            point.Fill(-1);
            (point[0], point[^1]) = ((float)kind, predicted);
            for (int k = 0; k < moves.Length; k++)
            {
                (point[1 + (2 * k)], point[2 + (2 * k)]) = (moves[k].Part, moves[k].Level);
            }
        }

        private bool Revert(int part, ReadOnlySpan<float> theta, Span<float> point, Span<float> input, int row)
        {
            if (_reverted[part] > 0)
            {
                return false;
            }

            theta.CopyTo(point);
            _moves.Set(part, 0, point);
            _objective.Settle(point, input);
            Note(row, Kind.Revert, 0, [(part, 0)]);
            return true;
        }

        private bool Bisect(int part, ReadOnlySpan<float> theta, Span<float> point, Span<float> input, int row)
        {
            float value = _moves.Value(part, theta);
            if (!_moves.IsNumber(part) || Math.Abs(value - _low[part]) <= Tolerance * _scalars[BestCost])
            {
                return false;
            }

            theta.CopyTo(point);
            _moves.SetValue(part, (float)(((double)value + _low[part]) / 2), point);
            _objective.Settle(point, input);
            float middle = _moves.Value(part, point);
            if (!(Math.Abs(middle) < Math.Abs(value)) || middle == _low[part])
            {
                // Nothing lies between them.
                _low[part] = value;
                return false;
            }

            Note(row, Kind.Bisect, 0, [(part, 0)]);
            return true;
        }

        private bool Scan(Span<float> point, Span<float> input, int row)
        {
            int next = (int)_scalars[Next]++, part = next % _moves.Count, levels = _moves.Levels(part), scanned = Math.Min(levels, _scanned);
            if (next / _moves.Count >= scanned)
            {
                return false;
            }

            int level = next / _moves.Count * levels / scanned;
            float now = _moves.Value(part, _center);
            if ((level == 0 && now == 0) || (IsSolved && _moves.Size(part, level) >= _scalars[BestCost]))
            {
                Difference(part, level) = level == 0 ? 0 : Difference(part, level);
                return false;
            }

            _center.CopyTo(point);
            _moves.Set(part, level, point);
            _objective.Settle(point, input);
            Note(row, Kind.Scan, 0, [(part, level)]);
            return true;
        }

        // Takes the most promising of some random combinations that are cheaper than the best row.
        private void Combine(ReadOnlySpan<float> theta, Span<float> directions, Span<float> input, int row, ReadOnlySpan<double> sizes, double total)
        {
            Span<float> point = Of(directions, row);
            RandomKey key = _key.Derive((ulong)row);
            Span<(int Part, int Level)> moves = stackalloc (int, int)[MostMoves], chosen = stackalloc (int, int)[MostMoves];
            for (int attempt = 0; attempt < 3 && _moves.Count > 0; attempt++)
            {
                RandomKey draws = key.Derive((ulong)attempt);
                if (!IsSolved && row % 2 == 1)
                {
                    Scatter(draws, point, input, row);
                    return;
                }

                if (IsSolved && row % 4 == 3)
                {
                    Surround(draws, point, input, row);
                    return;
                }

                int length = 0;
                double lowest = double.PositiveInfinity, predicted = 0;

                // Of one draw alone now and then, so that wrong predictions do not end the search.
                int wanted = CounterRandom.Index(draws, 4) == 0 ? 1 : Draws;
                for (int draw = 1, valid = 0; draw <= MostDraws && valid < wanted; draw++)
                {
                    int count = Draw(draws.Derive((ulong)draw), moves, sizes, total, out double margin, out double cost);
                    if (count == 0 || cost >= 0.999 * _scalars[BestCost])
                    {
                        continue;
                    }

                    valid++;
                    double rank = IsSolved && margin < 0 ? -1e6 + (cost / _scalars[BestCost]) : margin;
                    if (rank < lowest)
                    {
                        (lowest, predicted, length) = (rank, margin, count);
                        moves[..count].CopyTo(chosen);
                    }
                }

                bool shrinks = length == 0;
                (shrinks ? theta : _center).CopyTo(point);
                for (int k = 0; k < length; k++)
                {
                    _moves.Set(chosen[k].Part, chosen[k].Level, point);
                }

                // A value between the level and the original one, or between the best row and the original one.
                int part = shrinks ? CounterRandom.Index(draws, _moves.Count) : chosen[0].Part;
                if (_moves.IsNumber(part) && (shrinks || CounterRandom.Index(draws.Derive(1), 2) == 0))
                {
                    _moves.SetValue(part, (float)(_moves.Value(part, point) * CounterRandom.Uniform(draws.Derive(2))), point);
                }

                _objective.Settle(point, input);
                Note(row, Kind.Combine, (float)predicted, chosen[..length]);
                if (!IsRepeated(directions, row))
                {
                    return;
                }
            }
        }

        // While nothing succeeds, few changes may not be enough: half of all parts at once.
        private void Scatter(RandomKey key, Span<float> point, Span<float> input, int row)
        {
            _center.CopyTo(point);
            for (int part = 0; part < _moves.Count; part++)
            {
                RandomKey move = key.Derive((ulong)part);
                if (CounterRandom.Index(move, 2) == 0)
                {
                    _moves.Set(part, CounterRandom.Index(move.Derive(1), _moves.Levels(part)), point);
                }
            }

            _objective.Settle(point, input);
            Note(row, Kind.Combine, 0);
        }

        // The levels are sparse and cannot tell what a cheaper change does, however cheap: up to three numbers move at random, together by less than the best row.
        private void Surround(RandomKey key, Span<float> point, Span<float> input, int row)
        {
            point.Clear();
            int count = 1 + CounterRandom.Index(key, MostMoves);
            float left = _scalars[BestCost] * (float)CounterRandom.Uniform(key.Derive(1));
            for (int k = 0; k < count; k++)
            {
                RandomKey move = key.Derive((ulong)k + 2);
                int part = CounterRandom.Index(move, _moves.Count);
                if (_moves.IsNumber(part))
                {
                    float size = k == count - 1 || _objective.Norm != DistortionNorm.L1 ? left : left * (float)CounterRandom.Uniform(move.Derive(1));
                    _moves.SetValue(part, CounterRandom.Index(move.Derive(2), 2) == 0 ? size : -size, point);
                    left -= _objective.Norm == DistortionNorm.L1 ? size : 0;
                }
            }

            _objective.Settle(point, input);
            Note(row, Kind.Combine, 0);
        }

        private int Draw(RandomKey key, Span<(int Part, int Level)> moves, ReadOnlySpan<double> sizes, double total, out double margin, out double cost)
        {
            double share = CounterRandom.Uniform(key);
            int count = Math.Min(_moves.Count, share < 0.25 ? 1 : share < 0.7 ? 2 : 3);
            margin = _scalars[CenterMargin];
            cost = 0;
            for (int k = 0; k < count; k++)
            {
                // Two numbers from the halves of one.
                ulong bits = key.Derive((ulong)k + 1).Value;
                int part = (int)(((bits >> 32) * (ulong)_moves.Count) >> 32), level = (int)(((bits & uint.MaxValue) * (ulong)_moves.Levels(part)) >> 32);
                for (int j = 0; j < k; j++)
                {
                    if (moves[j].Part == part)
                    {
                        return 0;
                    }
                }

                moves[k] = (part, level);
                margin += Difference(part, level);
            }

            cost = Cost(moves[..count], sizes, total);
            return count;
        }

        // The cost of the center with these moves, without regard to rules between features.
        private double Cost(ReadOnlySpan<(int Part, int Level)> moves, ReadOnlySpan<double> sizes, double total)
        {
            if (_objective.Norm != DistortionNorm.LInfinity)
            {
                foreach ((int part, int level) in moves)
                {
                    total += Term(_moves.Size(part, level)) - Term(sizes[part]);
                }

                return _objective.Norm == DistortionNorm.L2 ? Math.Sqrt(Math.Max(total, 0)) : total;
            }

            double largest = 0;
            for (int part = 0; part < sizes.Length; part++)
            {
                double size = sizes[part];
                foreach ((int moved, int level) in moves)
                {
                    size = moved == part ? _moves.Size(part, level) : size;
                }

                largest = Math.Max(largest, size);
            }

            return largest;
        }

        private double Term(double size) => _objective.Norm == DistortionNorm.L2 ? size * size : size;

        private bool IsRepeated(Span<float> directions, int row)
        {
            for (int other = 0; other < row; other++)
            {
                if (Of(directions, other).SequenceEqual(Of(directions, row)))
                {
                    return true;
                }
            }

            return false;
        }

        private void Learn(int row, Evaluation answer, ReadOnlySpan<float> asked)
        {
            Span<float> point = PointOf(row);
            int part = (int)point[1], level = (int)point[2];
            switch ((Kind)point[0])
            {
                case Kind.Scan:
                    Difference(part, level) = (float)answer.Margin - _scalars[CenterMargin];
                    break;
                case Kind.Revert when !answer.Solved:
                    _reverted[part] = 1;
                    break;
                case Kind.Bisect when !answer.Solved:
                    _low[part] = _moves.Value(part, asked);
                    break;
                case Kind.Combine when part >= 0:
                    int count = point[3] < 0 ? 1 : point[5] < 0 ? 2 : 3;
                    for (int k = 0; k < count; k++)
                    {
                        Difference((int)point[1 + (2 * k)], (int)point[2 + (2 * k)]) += (float)(Learned * (answer.Margin - point[^1]) / count);
                    }

                    break;
                default:
                    break;
            }
        }

        // What is known to fail stays known for the parts that did not change.
        private void Take(int row, ReadOnlySpan<float> point, Span<float> theta)
        {
            bool bisected = (Kind)PointOf(row)[0] == Kind.Bisect;
            for (int part = 0; part < _moves.Count; part++)
            {
                bool isSame = _moves.Value(part, point) == _moves.Value(part, theta) || (bisected && part == (int)PointOf(row)[1]);
                _low[part] = isSame ? _low[part] : 0;
                _reverted[part] = 0;
            }

            point.CopyTo(theta);
            _scalars[Stale] = _scalars[IsVerified] = 0;
        }

        private void Wait(ReadOnlySpan<float> theta)
        {
            _scalars[Stale]++;
            if (_scalars[Next] < _scanned * _moves.Count || _scalars[Stale] < Patience)
            {
                return;
            }

            if (IsSolved && _scalars[IsVerified] == 0)
            {
                // Other changes may have moved the thresholds.
                _low.Clear();
                _scalars[IsVerified] = 1;
                _scalars[Stale] = 0;
                return;
            }

            _scalars[Stale] = 0;
            if (!_center.SequenceEqual(theta))
            {
                theta.CopyTo(_center);
                _scalars[CenterMargin] = _scalars[BestMargin];
            }
            else if (_center.ContainsAnyExcept(0f))
            {
                _center.Clear();
                _scalars[CenterMargin] = _scalars[FirstMargin];
            }
            else
            {
                // The differences around the row itself are known.
                return;
            }

            _scalars[Next] = 0;
        }
    }
}
