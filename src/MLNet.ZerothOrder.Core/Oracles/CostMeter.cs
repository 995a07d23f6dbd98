using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>What the queries of a service cost, and the most that may be spent. Every row that is sent is charged before, also one that is sent again. Thread-safe.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer or a wait handle holds nothing to dispose, and the meter may outlive every oracle that charges it.")]
public sealed class CostMeter
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _reached = new();
    private long _rows;

    /// <summary>Creates a meter with nothing spent.</summary>
    /// <param name="perThousand">The price of 1,000 queries, in any currency; above 0.</param>
    /// <param name="most">The most that may be spent, above 0; null for no limit.</param>
    public CostMeter(decimal perThousand, decimal? most = null)
    {
        PerThousand = perThousand > 0 ? perThousand : throw new ArgumentOutOfRangeException(nameof(perThousand), perThousand, "The price of 1,000 queries must be above 0.");
        Most = most is null or > 0 ? most : throw new ArgumentOutOfRangeException(nameof(most), most, "The most that may be spent must be above 0.");
    }

    /// <summary>The price of 1,000 queries.</summary>
    public decimal PerThousand { get; }

    /// <summary>The most that may be spent; null for no limit.</summary>
    public decimal? Most { get; }

    /// <summary>The rows that were sent, over all processes of a run.</summary>
    public long Rows
    {
        get
        {
            lock (_gate)
            {
                return _rows;
            }
        }
    }

    /// <summary>What the sent rows cost.</summary>
    public decimal Spent => PriceOf(Rows);

    /// <summary>What may still be spent; null without a limit.</summary>
    public decimal? Left => Most - Spent;

    /// <summary>Cancelled when rows were refused because they would cost more than is left.</summary>
    public CancellationToken Reached => _reached.Token;

    /// <summary>Why rows were refused, as one sentence; null if none were.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Charges rows that are about to be sent.</summary>
    /// <exception cref="OperationCanceledException">They would cost more than is left. Nothing is charged, and <see cref="Reached"/> is cancelled.</exception>
    public void Charge(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        lock (_gate)
        {
            if (Most is not { } most || PriceOf(_rows + rows) <= most)
            {
                _rows += rows;
                return;
            }

            Refusal ??= string.Create(
                CultureInfo.InvariantCulture, $"The cost limit of {most:0.######} is reached: {PriceOf(_rows):0.######} is spent, and the next {rows} queries would cost {PriceOf(rows):0.######}.");
        }

        // Outside the gate, because cancellation runs the code of others.
        _reached.Cancel();
        throw new OperationCanceledException(Refusal, _reached.Token);
    }

    /// <summary>Continues with the rows that all processes of a run have sent.</summary>
    /// <param name="rows">Their number, with those that this meter has charged.</param>
    public void Continue(long rows)
    {
        lock (_gate)
        {
            _rows = Math.Max(_rows, rows);
        }
    }

    private decimal PriceOf(long rows) => PerThousand * rows / 1000;
}
