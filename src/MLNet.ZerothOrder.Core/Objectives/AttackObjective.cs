using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The black-box attack loss (Eq. 6) on one image x0 of class y:
/// untargeted max{F_y(x) − max_{j≠y} F_j(x), −κ} + c‖x − x0‖_p; targeted at class k max{max_{j≠k} F_j(x) − F_k(x), −κ} + c‖x − x0‖_p.
/// F are logits or log-probabilities (their margins are equal). The norm is taken on the resulting image's change.
/// Solved means a margin below 0: the class is strictly another (strictly k).
/// </summary>
public sealed class AttackObjective : IObjective
{
    // The start of the optimisation: a little noise, since at θ = 0 exactly the ℓ1 norm has its kink (published code: 1e-4 · N(0, 1)).
    private const float StartNoise = 1e-4f;

    // How far the inverse tanh pulls x0 inside the open box. Less than half of an 8-bit grey level, so that the start still
    // rounds to the original image, yet far enough from the ends for tanh to have a slope there.
    private const float TanhInset = 1e-3f;

    // Probabilities below this count as this, so that a logarithm is never infinite.
    private const float ProbabilityFloor = 1e-37f;

    private readonly ReadOnlyMemory<float> _image;
    private readonly AttackLoss _loss;
    private readonly int _pivot;
    private readonly Lazy<KnownTerm?> _known;

    /// <param name="image">x0, pixels in [0, 1]; kept, not copied.</param>
    /// <param name="label">y, the image's true class.</param>
    /// <param name="classes">The number of the classifier's classes.</param>
    /// <param name="loss">The settings shared by all images.</param>
    /// <exception cref="ArgumentException">A class outside the model's, or a target equal to the label.</exception>
    public AttackObjective(ReadOnlyMemory<float> image, int label, int classes, AttackLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (image.IsEmpty)
        {
            throw new ArgumentException("An image has at least one pixel.", nameof(image));
        }

        ThrowIfNotAClass(label, classes, nameof(label));
        if (loss.Target is { } target)
        {
            ThrowIfNotAClass(target, classes, nameof(AttackLoss.Target));
            if (target == label)
            {
                throw new ArgumentException($"Target class {target} is the image's true class; choose another.", nameof(loss));
            }
        }

        _image = image;
        _loss = loss;
        _pivot = loss.Target ?? label;
        _known = new Lazy<KnownTerm?>(MakeKnown);
    }

    /// <inheritdoc/>
    public int Dimension => _image.Length;

    /// <inheritdoc/>
    public int InputLength => _image.Length;

    /// <summary>x0.</summary>
    internal ReadOnlySpan<float> Image => _image.Span;

    /// <summary>The class whose margin it is: the target, else the label.</summary>
    internal int Pivot => _pivot;

    /// <summary>The settings shared by all images.</summary>
    internal AttackLoss Settings => _loss;

    /// <summary>The hinge at −κ, c‖x − x0‖_p and the box, exactly, for the clip transform; null for tanh, where θ is not a change of pixels.</summary>
    public KnownTerm? Known => _known.Value;

    /// <inheritdoc/>
    public void Initialize(RandomKey key, Span<float> theta)
    {
        CounterRandom.Normals(key, theta);
        if (_loss.Transform == BoxTransform.Clip)
        {
            for (int i = 0; i < theta.Length; i++)
            {
                theta[i] *= StartNoise;
            }
        }
        else
        {
            ReadOnlySpan<float> image = _image.Span;
            for (int i = 0; i < theta.Length; i++)
            {
                float inside = Math.Clamp(image[i], TanhInset, 1 - TanhInset);
                theta[i] = MathF.Atanh((2 * inside) - 1) + (theta[i] * StartNoise);
            }
        }
    }

    /// <inheritdoc/>
    public void Decode(ReadOnlySpan<float> theta, Span<float> input)
    {
        if (_loss.Transform == BoxTransform.Clip)
        {
            SimdKernels.AddClip(_image.Span, theta, input);
        }
        else
        {
            SimdKernels.TanhBox(theta, input);
        }
    }

    /// <inheritdoc/>
    public Evaluation Evaluate(ReadOnlySpan<float> input, ReadOnlySpan<float> scores)
    {
        double margin = Margin(scores);
        return Evaluation(Math.Max(margin, -_loss.Confidence) + (_loss.DistortionWeight * Distortion(input)), margin);
    }

    /// <summary>F_y − max_{j≠y} F_j (untargeted) or max_{j≠k} F_j − F_k (targeted), without κ: below 0 is a success.</summary>
    public double Margin(ReadOnlySpan<float> scores)
    {
        float other = float.NegativeInfinity;
        for (int j = 0; j < scores.Length; j++)
        {
            if (j != _pivot && scores[j] > other)
            {
                other = scores[j];
            }
        }

        double margin = _loss.Scores == ScoreKind.Probabilities
            ? Math.Log(Math.Max(scores[_pivot], ProbabilityFloor)) - Math.Log(Math.Max(other, ProbabilityFloor))
            : (double)scores[_pivot] - other;
        return _loss.Target is null ? margin : -margin;
    }

    /// <summary>‖x − x0‖_p in the loss's norm.</summary>
    public double Distortion(ReadOnlySpan<float> input) => _loss.Norm switch
    {
        DistortionNorm.L1 => SimdKernels.L1Distance(input, _image.Span),
        DistortionNorm.L2 => SimdKernels.L2Distance(input, _image.Span),
        _ => SimdKernels.LInfDistance(input, _image.Span),
    };

    /// <summary>What a query says, from its loss and its margin.</summary>
    internal Evaluation Evaluation(double loss, double margin) => new(loss, _loss.Transform == BoxTransform.Clip ? margin : loss, margin < 0);

    private static void ThrowIfNotAClass(int value, int classes, string name)
    {
        if (value < 0 || value >= classes)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} {value} is outside 0..{classes - 1} for a model with {classes} classes.");
        }
    }

    private KnownTerm? MakeKnown()
    {
        if (_loss.Transform != BoxTransform.Clip)
        {
            return null;
        }

        var lower = new float[_image.Length];
        var upper = new float[_image.Length];
        ReadOnlySpan<float> image = _image.Span;
        for (int i = 0; i < image.Length; i++)
        {
            lower[i] = -image[i];
            upper[i] = 1 - image[i];
        }

        return new KnownTerm(-_loss.Confidence, _loss.DistortionWeight, _loss.Norm, new float[_image.Length], lower, upper);
    }
}
