namespace MLNet.ZerothOrder;

/// <summary>Attacks the rows of a column or of several.</summary>
internal interface IRowAttack
{
    /// <summary>Attacks rows. The same row with the same label always gives the same result.</summary>
    /// <param name="rows">The rows, one after the other.</param>
    /// <param name="labels">One class per row.</param>
    /// <param name="first">The position of the first row, for messages.</param>
    /// <param name="progress">Called after every step; may be null.</param>
    /// <param name="warn">Called with the result's warnings if there are some.</param>
    /// <param name="cancellation">Cancels the attack.</param>
    RowOutcome[] Run(float[] rows, int[] labels, long first, Action<AttackProgress>? progress, Action<IReadOnlyList<string>> warn, CancellationToken cancellation);
}
