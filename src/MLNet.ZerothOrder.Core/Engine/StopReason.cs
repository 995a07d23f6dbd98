namespace MLNet.ZerothOrder;

/// <summary>Why a problem's run ended.</summary>
public enum StopReason
{
    /// <summary>All iterations were made.</summary>
    Iterations,

    /// <summary>The query budget has no room for another step.</summary>
    Budget,

    /// <summary>An iterate solved the problem, and the limits end the run at the first success.</summary>
    Success,

    /// <summary>The best loss did not improve for the allowed number of iterations.</summary>
    NoImprovement,

    /// <summary>The time limit was reached.</summary>
    Time,

    /// <summary>The oracle failed on this problem, and the problem was set aside.</summary>
    Failed,

    /// <summary>The run was cancelled or ended by a failure of the oracle before this problem was finished.</summary>
    Cancelled,
}
