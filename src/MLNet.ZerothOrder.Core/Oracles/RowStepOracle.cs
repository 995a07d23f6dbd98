using System.Numerics.Tensors;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>Answers steps by querying an ordinary oracle row by row, as the engine does. The reference for other <see cref="IStepOracle"/>s.</summary>
/// <param name="oracle">The oracle to query. The caller disposes it.</param>
/// <param name="shape">The shape of every step.</param>
/// <param name="steps">The most steps of one call.</param>
internal sealed class RowStepOracle(IQueryOracle oracle, StepShape shape, int steps) : IStepOracle
{
    /// <inheritdoc/>
    public StepShape Shape => shape;

    /// <inheritdoc/>
    public int Steps => steps;

    /// <inheritdoc/>
    public StepBatch CreateBatch() => new Batch(oracle, shape, steps);

    /// <summary>Does nothing: the caller owns the oracle.</summary>
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

        public Batch(IQueryOracle oracle, StepShape shape, int steps)
            : base(steps, oracle.InputLength, shape)
        {
            _oracle = oracle;
            _estimator = new GradientEstimator(new GaussianSampler(), shape.Estimate);
            _rows = oracle.CreateBatch(steps * (Directions + 1));
            _directions = new float[steps * Directions * Dimension];
            _point = new float[Dimension];
            _answers = new Evaluation[Directions + 1];
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

            _rows.Ask(_oracle);
            for (int place = 0; place < Count; place++)
            {
                for (int row = 0; row < rows; row++)
                {
                    int index = (place * rows) + row;
                    _answers[row] = Objective(place).Evaluate(_rows.Input(index), _rows.Score(index));
                    Losses.Span[index] = _answers[row].Loss;
                    Margins.Span[index] = _rows.IsAnswered(index) ? Objective(place).Margin(_rows.Score(index)) : double.NaN;
                }

                Span<float> estimate = Part(Estimates, place);
                if (Shape.Corrects)
                {
                    Memory(place).CopyTo(estimate);
                    _estimator.Correct(Drawn(place), _answers, Smoothings.Span[place], Part(Thetas, place), Objective(place).Known, estimate);
                }
                else
                {
                    _estimator.Combine(Drawn(place), _answers, Smoothings.Span[place], estimate);
                }
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
