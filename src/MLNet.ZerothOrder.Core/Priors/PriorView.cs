using System.Buffers;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>What a prior predicts of the changes of one image: their margins, and where margins fall. No query is asked.</summary>
internal readonly struct PriorView(IDirectionPrior prior, AttackObjective attacked)
{
    private const int Iterations = 10;
    private const double Rate = 150;
    private const double Momentum = 0.8;
    private const double Reach = 2.5;

    /// <summary>The predicted margin of the image itself.</summary>
    public double Start() => Margin(new float[attacked.Dimension], default, new Rival());

    /// <summary>Writes the predicted gradient of the margin at a change.</summary>
    public void Gradient(ReadOnlySpan<float> change, Span<float> gradient)
    {
        var rival = new Rival();
        Margin(change, default, rival);
        Margin(change, gradient, rival);
    }

    /// <summary>Finds a small change with a given predicted margin, by proximal steps on max{margin, aim} + c‖δ‖ from a given one.</summary>
    /// <returns>The predicted margin of the found change.</returns>
    public double ToMargin(double aim, Span<float> change)
    {
        int d = change.Length;
        KnownTerm known = attacked.Known! with { Floor = aim };
        float[] rented = ArrayPool<float>.Shared.Rent(2 * d);
        Span<float> gradient = rented.AsSpan(0, d), rate = rented.AsSpan(d, d);
        var rival = new Rival();
        Margin(change, default, rival);
        double largest = 0, margin = Margin(change, gradient, rival);
        for (int i = 0; i < Iterations; i++)
        {
            largest = Math.Max(largest, Math.Sqrt(SimdKernels.SumOfSquares(gradient) / d));
            float eta = (float)(Rate / d / largest);
            if (!float.IsNormal(eta))
            {
                break;
            }

            rate.Fill(eta);
            ProximalStep.Apply(known, margin, gradient, rate, change);
            margin = Margin(change, gradient, rival);
        }

        ArrayPool<float>.Shared.Return(rented);
        return margin;
    }

    /// <summary>Lowers the predicted margin inside the ball, from no change, by steps of signs or of a length along the gradient with momentum.</summary>
    /// <param name="rank">0: towards the class that is nearest at each step; 1, 2, …: towards the class that is the next nearest one of the image. Targeted attacks take more steps instead.</param>
    /// <param name="change">Receives the change.</param>
    /// <returns>The predicted margin of the found change.</returns>
    public double InBall(int rank, Span<float> change)
    {
        int d = change.Length;
        AttackLoss loss = attacked.Settings;
        change.Clear();
        float[] rented = ArrayPool<float>.Shared.Rent(2 * d);
        Span<float> gradient = rented.AsSpan(0, d), momentum = rented.AsSpan(d, d);
        momentum.Clear();
        var rival = new Rival { Rank = loss.Target is null ? rank : 0 };
        Margin(change, default, rival);
        double margin = Margin(change, gradient, rival);
        int iterations = loss.Target is null ? Iterations : Iterations * (rank + 1);
        double step = Reach * loss.Epsilon!.Value / iterations;
        for (int i = 0; i < iterations; i++)
        {
            double size = 0;
            foreach (float slope in gradient)
            {
                size += Math.Abs(slope);
            }

            if (!(size > 0) || !double.IsFinite(size))
            {
                break;
            }

            double squares = 0, sum = 0;
            for (int j = 0; j < d; j++)
            {
                momentum[j] = (float)((Momentum * momentum[j]) + (gradient[j] / size));
                squares += (double)momentum[j] * momentum[j];
                sum += Math.Abs(momentum[j]);
            }

            double length = loss.Norm == DistortionNorm.L1 ? sum : Math.Sqrt(squares);
            for (int j = 0; j < d; j++)
            {
                change[j] -= (float)(step * (loss.Norm == DistortionNorm.LInfinity ? Math.Sign(momentum[j]) : momentum[j] / length));
            }

            attacked.Project(change);
            margin = Margin(change, gradient, rival);
        }

        ArrayPool<float>.Shared.Return(rented);
        return margin;
    }

    // The predicted margin of a change, and its gradient towards the rival that was nearest before. Then the rival is the one that is nearest now.
    private double Margin(ReadOnlySpan<float> change, Span<float> gradient, Rival rival)
    {
        int d = change.Length, classes = prior.Classes, pivot = attacked.Pivot;
        float[] rented = ArrayPool<float>.Shared.Rent((2 * d) + (2 * classes));
        Span<float> image = rented.AsSpan(0, d), scores = rented.AsSpan(2 * d, classes), weights = rented.AsSpan((2 * d) + classes, classes);
        weights.Clear();
        if (!gradient.IsEmpty)
        {
            float sign = attacked.Settings.Target is null ? 1 : -1;
            weights[pivot] = sign;
            weights[rival.Class] = -sign;
        }

        attacked.Decode(change, image);
        prior.Predict(image, weights, scores, gradient.IsEmpty ? rented.AsSpan(d, d) : gradient);
        double margin = attacked.Settings.Target is null ? scores[pivot] : -scores[pivot];
        rival.Choose(scores, pivot);
        margin += attacked.Settings.Target is null ? -scores[rival.Class] : scores[rival.Class];
        ArrayPool<float>.Shared.Return(rented);
        return margin;
    }

    /// <summary>The class that the margin is measured to.</summary>
    private sealed class Rival
    {
        private bool _isChosen;

        /// <summary>0 for the class with the highest score at each point; else the class that comes so many places after it at the first point, for all points.</summary>
        public int Rank { get; init; }

        public int Class { get; private set; }

        public void Choose(ReadOnlySpan<float> scores, int pivot)
        {
            if (_isChosen && Rank > 0)
            {
                return;
            }

            _isChosen = true;
            Span<bool> passed = scores.Length <= 1024 ? stackalloc bool[scores.Length] : new bool[scores.Length];
            passed.Clear();
            passed[pivot] = true;
            for (int place = 0; place <= Math.Min(Rank, scores.Length - 2); place++)
            {
                int best = -1;
                for (int j = 0; j < scores.Length; j++)
                {
                    best = !passed[j] && (best < 0 || scores[j] > scores[best]) ? j : best;
                }

                passed[best] = true;
                Class = best;
            }
        }
    }
}
