namespace MLNet.ZerothOrder;

/// <summary>Why a problem's run ended.</summary>
public enum StopReason
{
    /// <summary>All iterations were made.</summary>
    Iterations,

    /// <summary>The query budget has no room for another step.</summary>
    Budget,

    /// <summary>An iterate solved the problem, and the run was to stop there.</summary>
    Success,

    /// <summary>The best loss has not improved for as many iterations as were allowed.</summary>
    NoImprovement,

    /// <summary>The run's time is up.</summary>
    Time,

    /// <summary>The oracle failed on this problem, which was set aside.</summary>
    Failed,

    /// <summary>The run was cancelled, or ended by the oracle's failure, before this problem was done.</summary>
    Cancelled,
}
