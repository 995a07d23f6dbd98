namespace MLNet.ZerothOrder.Cli;

/// <summary>The exit codes of <c>zo</c>.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Done = 0;

    /// <summary>A defect of zo itself.</summary>
    public const int Defect = 1;

    /// <summary>Bad usage or input.</summary>
    public const int BadInput = 2;

    /// <summary>Interrupted, or the disk is full. Partial results are written if possible.</summary>
    public const int Interrupted = 3;

    /// <summary>The oracle failed.</summary>
    public const int OracleFailed = 4;

    /// <summary>An audit's requirement is not met.</summary>
    public const int NotMet = 5;
}
