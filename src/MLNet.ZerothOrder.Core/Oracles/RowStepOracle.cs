using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Steps asked row by row of an ordinary oracle, as the engine makes them: what other <see cref="IStepOracle"/>s are held against.</summary>
/// <param name="oracle">What is queried; the caller's to dispose.</param>
/// <param name="directions">q.</param>
/// <param name="estimate">How slopes are measured.</param>
/// <param name="steps">Steps that one call can carry.</param>
internal sealed class RowStepOracle(IQueryOracle oracle, int directions, EstimateKind estimate, int steps) : IStepOracle
{
    /// <inheritdoc/>
    public int Directions => directions;

    /// <inheritdoc/>
    public int Steps => steps;

    /// <inheritdoc/>
    public StepBatch CreateBatch() => new Batch(oracle, directions, estimate, steps);

    /// <summary>Nothing to release: the oracle is the caller's.</summary>
    public void Dispose()
    {
    }

    private sealed class Batch : StepBatch
    {
        private readonly IQueryOracle _oracle;
        private readonly GradientEstimator _estimator;
        private readonly QueryBatch _rows;
        private readonly float[] _directions;
        private readonly float[] _point;
        private readonly Evaluation[] _answers;

        public Batch(IQueryOracle oracle, int directions, EstimateKind estimate, int steps)
            : base(steps, oracle.InputLength, directions)
        {
            _oracle = oracle;
            _estimator = new GradientEstimator(new GaussianSampler(), estimate);
            _rows = oracle.CreateBatch(steps * (directions + 1));
            _directions = new float[steps * directions * Dimension];
            _point = new float[Dimension];
            _answers = new Evaluation[directions + 1];
        }

        public override void Ask()
        {
            int rows = Directions + 1;
            _rows.Rows = Count * rows;
            for (int place = 0; place < Count; place++)
            {
                ReadOnlySpan<float> theta = Part(Thetas, place);
                Span<float> drawn = Drawn(place);
                _estimator.Perturb(Keys[place], theta, theta, drawn);
                for (int row = 0; row < rows; row++)
                {
                    theta.CopyTo(_point);
                    if (row > 0)
                    {
                        Span<float> direction = drawn.Slice((row - 1) * Dimension, Dimension);
                        TensorPrimitives.Multiply(direction, Deviation(place), direction);
                        SimdKernels.ScaledAdd(theta, Smoothings.Span[place], direction, _point);
                    }

                    Objective(place).Decode(_point, _rows.Input((place * rows) + row));
                }
            }

            _rows.ClearAnswers();
            _oracle.Score(_rows);
            for (int place = 0; place < Count; place++)
            {
                for (int row = 0; row < rows; row++)
                {
                    int index = (place * rows) + row;
                    _answers[row] = Objective(place).Evaluate(_rows.Input(index), _rows.Score(index));
                    Losses.Span[index] = _answers[row].Loss;
                    Margins.Span[index] = _rows.IsAnswered(index) ? Objective(place).Margin(_rows.Score(index)) : double.NaN;
                }

                _estimator.Combine(Drawn(place), _answers, Smoothings.Span[place], Part(Estimates, place));
            }
        }

        public override void Dispose()
        {
            _rows.Dispose();
            base.Dispose();
        }

        private Span<float> Drawn(int place) => _directions.AsSpan(place * Directions * Dimension, Directions * Dimension);

        private Span<float> Part(Memory<float> memory, int place) => memory.Span.Slice(place * Dimension, Dimension);
    }
}
