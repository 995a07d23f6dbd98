using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MLNet.ZerothOrder.Numerics;

namespace MLNet.ZerothOrder;

/// <summary>
/// The proximal operator of c‖x − x0‖_p over a box that contains x0, with one rate η per coordinate:
/// <code>
/// x ← argmin c ‖z − x0‖_p + Σ (z − x)² / 2η   over z in the box
/// </code>
/// In ℓ1, every coordinate is alone. In ℓ2 and ℓ∞, the solution depends on its radius ‖z − x0‖_p alone, which solves one scalar equation with exactly one root.
/// </summary>
/// <param name="pull">ηc, d floats.</param>
/// <param name="center">x0, d floats.</param>
/// <param name="lower">The lower corner of the box, d floats.</param>
/// <param name="upper">The upper corner of the box, d floats.</param>
/// <param name="x">d floats; replaced by the result.</param>
internal readonly ref struct DistortionProx(
    ReadOnlySpan<float> pull, ReadOnlySpan<float> center, ReadOnlySpan<float> lower, ReadOnlySpan<float> upper, Span<float> x)
{
    private const int Bisections = 20;
    private const int Lanes = 4;

    // Newton's method rarely needs more than 5 evaluations. Bisection continues from any range.
    private const int MostNewtonSteps = 12;

    // Evaluations that settle a bisection are this far inside its range, because the bisection's own radii are rounded.
    private const double Inset = 1e-9;

    private readonly ReadOnlySpan<float> _pull = pull;
    private readonly ReadOnlySpan<float> _center = center;
    private readonly ReadOnlySpan<float> _lower = lower;
    private readonly ReadOnlySpan<float> _upper = upper;
    private readonly Span<float> _x = x;

    /// <summary>The scalar equation of a norm. Its sum, relative to the bound that it is compared with, falls as the radius grows.</summary>
    private interface IEquation
    {
        /// <summary>The radius of changes.</summary>
        static abstract double Bound(double squares, double largest);

        /// <summary>Adds four coordinates to the sum, and to the slope that <see cref="Next"/> needs.</summary>
        static abstract void Add(in Coordinates four, Vector256<double> radius, ref Vector256<double> sum, ref Vector256<double> slope);

        /// <summary>Whether a radius is below the root.</summary>
        static abstract bool IsBelow(double sum, double radius);

        /// <summary>The next radius of Newton's method.</summary>
        static abstract double Next(double sum, double slope, double radius);

        /// <summary>The changes after shrinking, before the box.</summary>
        static abstract Vector256<double> Shrink(in Coordinates four, Vector256<double> radius);
    }

    /// <summary>ηc in float, of products in double precision: with a badly scaled loss, c alone can exceed the range of floats, although ηc does not.</summary>
    /// <param name="rate">η, d floats.</param>
    /// <param name="weight">c.</param>
    /// <param name="pull">Receives d floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pull(ReadOnlySpan<float> rate, double weight, Span<float> pull)
    {
        int i = 0;
        for (; i + Lanes <= rate.Length; i += Lanes)
        {
            Narrow(Load(rate, i) * weight).StoreUnsafe(ref pull[i]);
        }

        for (; i < rate.Length; i++)
        {
            pull[i] = (float)(rate[i] * weight);
        }
    }

    /// <summary>Replaces x by the result.</summary>
    /// <param name="norm">p.</param>
    /// <param name="radius">A guess of the radius, from a similar problem; 0 if there is none. Replaced by the radius; unused in ℓ1.</param>
    public void Apply(DistortionNorm norm, ref double radius)
    {
        switch (norm)
        {
            case DistortionNorm.L1:
                // Norm and box are separable, so applying them one after the other is exact.
                SimdKernels.SoftThreshold(_x, _center, _pull, _x);
                break;
            case DistortionNorm.L2:
                Apply<Euclidean>(ref radius);
                break;
            default:
                Apply<Largest>(ref radius);
                break;
        }

        SimdKernels.Clip(_x, _lower, _upper, _x);
    }

    private void Apply<TEquation>(ref double radius)
        where TEquation : struct, IEquation
    {
        radius = Radius<TEquation>(radius);
        if (radius > 0)
        {
            Shrink<TEquation>(radius);
        }
        else
        {
            _center.CopyTo(_x);
        }
    }

    // The radius by bisection of the range from 0 to the radius of x in the box. Newton's method first finds the cell of the bisection that holds the root, and
    // evaluates both ends of the cell. So bisection needs few or no evaluations, and the result does not depend on the guess.
    private double Radius<TEquation>(double guess)
        where TEquation : struct, IEquation
    {
        double high = Bound<TEquation>();
        double cell = Math.ScaleB(high, -Bisections);
        double low = 0, below = 0, above = high, next = guess < high ? guess : high / 2;
        for (int i = 0; i < MostNewtonSteps; i++)
        {
            double at = Math.Floor(next / cell);
            double start = cell * Math.Max(Inset, at * (1 + Inset)), end = cell * (at + 1) * (1 - Inset);
            double tried = below < start ? start : end;
            if (!(tried > below && tried < above))
            {
                break;
            }

            (double sum, double slope) = Sum<TEquation>(tried);
            (below, above) = TEquation.IsBelow(sum, tried) ? (tried, above) : (below, tried);
            next = TEquation.Next(sum, slope, tried);
            if (!(next > below && next < above))
            {
                next = i % 2 == 0 && !(next > below) ? below : (below + above) / 2;
            }
        }

        for (int i = 0; i < Bisections; i++)
        {
            double radius = (low + high) / 2;
            bool isBelow = radius <= below || (radius < above && TEquation.IsBelow(Sum<TEquation>(radius).Sum, radius));
            (low, high) = isBelow ? (radius, high) : (low, radius);
        }

        return low > 0 ? high : 0;
    }

    // The radius of x after clipping to the box.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Bound<TEquation>()
        where TEquation : struct, IEquation
    {
        // As in a Reduction, the remainder comes first, so that the totals do not live across its calls.
        Vector256<double> largest = Rest().Size;
        Vector256<double> squares = largest * largest;
        for (int i = 0; i + Lanes <= _x.Length; i += Lanes)
        {
            Vector256<double> size = At(i).Size;
            squares += size * size;
            largest = Vector256.Max(largest, size);
        }

        return TEquation.Bound(Vector256.Sum(squares), Math.Max(Math.Max(largest[0], largest[1]), Math.Max(largest[2], largest[3])));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Sum, double Slope) Sum<TEquation>(double radius)
        where TEquation : struct, IEquation
    {
        Vector256<double> each = Vector256.Create(radius), sum = default, slope = default;
        TEquation.Add(Rest(), each, ref sum, ref slope);
        for (int i = 0; i + Lanes <= _x.Length; i += Lanes)
        {
            TEquation.Add(At(i), each, ref sum, ref slope);
        }

        return (Vector256.Sum(sum), Vector256.Sum(slope));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Shrink<TEquation>(double radius)
        where TEquation : struct, IEquation
    {
        Vector256<double> each = Vector256.Create(radius);
        Vector128<float> rest = Narrow(TEquation.Shrink(Rest(), each));
        for (int lane = 0; lane < _x.Length % Lanes; lane++)
        {
            int i = _x.Length - (_x.Length % Lanes) + lane;
            _x[i] = _center[i] + rest[lane];
        }

        for (int i = 0; i + Lanes <= _x.Length; i += Lanes)
        {
            (Vector128.LoadUnsafe(in _center[i]) + Narrow(TEquation.Shrink(At(i), each))).StoreUnsafe(ref _x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Coordinates At(int index) => new(
        Load(_pull, index), Load(_center, index), Load(_lower, index), Load(_upper, index), Load(_x, index));

    // The coordinates after the last four. The others in the result have size and room 0.
    private Coordinates Rest()
    {
        int index = _x.Length - (_x.Length % Lanes);
        return new Coordinates(Rest(_pull[index..]), Rest(_center[index..]), Rest(_lower[index..]), Rest(_upper[index..]), Rest(_x[index..]));
    }

    private static Vector256<double> Rest(ReadOnlySpan<float> values)
    {
        Span<float> four = stackalloc float[Lanes];
        values.CopyTo(four);
        return Load(four, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load(ReadOnlySpan<float> values, int index)
    {
        Vector128<float> four = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)index);
        return Avx.IsSupported ? Avx.ConvertToVector256Double(four) : Vector256.WidenLower(four.ToVector256Unsafe());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Narrow(Vector256<double> values) =>
        Avx.IsSupported ? Avx.ConvertToVector128Single(values) : Vector256.Narrow(values, values).GetLower();

    /// <summary>Four coordinates.</summary>
    private readonly struct Coordinates
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Coordinates(Vector256<double> pull, Vector256<double> center, Vector256<double> lower, Vector256<double> upper, Vector256<double> x)
        {
            Pull = pull;
            Change = x - center;
            Room = Vector256.ConditionalSelect(Vector256.GreaterThan(Change, default), upper - center, center - lower);
        }

        /// <summary>ηc.</summary>
        public Vector256<double> Pull { get; }

        /// <summary>x − x0.</summary>
        public Vector256<double> Change { get; }

        /// <summary>The distance from x0 to the face of the box on the side of x.</summary>
        public Vector256<double> Room { get; }

        /// <summary>The size of the change after clipping to the box.</summary>
        public Vector256<double> Size => Vector256.Min(Room, Vector256.Abs(Change));
    }

    /// <summary>ℓ2: Σ min(room, s r / (r + ηc))² = r², where s is the size of the change.</summary>
    private readonly struct Euclidean : IEquation
    {
        public static double Bound(double squares, double largest) => Math.Sqrt(squares);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(in Coordinates four, Vector256<double> radius, ref Vector256<double> sum, ref Vector256<double> slope)
        {
            Vector256<double> share = radius / (radius + four.Pull);
            Vector256<double> free = Vector256.Abs(four.Change) * share;
            Vector256<double> kept = Vector256.Min(four.Room, free);
            Vector256<double> square = kept * kept;
            sum += square;
            slope += Vector256.ConditionalSelect(Vector256.LessThan(free, four.Room), square * share, square);
        }

        public static bool IsBelow(double sum, double radius) => sum > radius * radius;

        // Newton's method for r / √Σ = 1, which is linear in r if all ηc are equal and no face is reached.
        public static double Next(double sum, double slope, double radius) => radius + ((Math.Sqrt(sum) - radius) * (sum / slope));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Shrink(in Coordinates four, Vector256<double> radius) => four.Change * (radius / (radius + four.Pull));
    }

    /// <summary>ℓ∞: Σ (s − r) / ηc = 1 over the coordinates that reach r, where s is the size of the change.</summary>
    private readonly struct Largest : IEquation
    {
        public static double Bound(double squares, double largest) => largest;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(in Coordinates four, Vector256<double> radius, ref Vector256<double> sum, ref Vector256<double> slope)
        {
            Vector256<double> size = Vector256.Abs(four.Change);
            Vector256<double> reaches = Vector256.GreaterThan(four.Size, radius);
            Vector256<double> weight = Vector256<double>.One / four.Pull;
            sum += ((size - radius) * weight) & reaches;
            slope += weight & reaches;
        }

        public static bool IsBelow(double sum, double radius) => sum > 1;

        public static double Next(double sum, double slope, double radius) => radius + ((sum - 1) / slope);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Shrink(in Coordinates four, Vector256<double> radius) => Vector256.Min(Vector256.Max(four.Change, -radius), radius);
    }
}
