using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What a run of zo left: its exit code and all that it wrote.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    private const string TakenForGranted = "zo: note: Taken for granted: ";

    /// <summary>The line on what was taken for granted, which stands before anything else that a run of a model writes; empty without one.</summary>
    public string Assumptions { get; private init; } = "";

    /// <summary>An outcome whose <see cref="Error"/> is without that line.</summary>
    public static Outcome Of(int code, string output, string error)
    {
        int start = error.IndexOf(TakenForGranted, StringComparison.Ordinal);
        int end = start < 0 ? -1 : error.IndexOf('\n', start) + 1;
        return start < 0 ? new Outcome(code, output, error)
            : new Outcome(code, output, error.Remove(start, end - start)) { Assumptions = error[(start + TakenForGranted.Length)..end].TrimEnd() };
    }

    /// <summary>The result document that <c>--json</c> printed.</summary>
    public JsonElement Document => JsonDocument.Parse(Output).RootElement;

    /// <summary>The same outcome, if zo did what it was asked.</summary>
    public Outcome Done()
    {
        (Code == 0).ShouldBeTrue($"Exit code {Code}.\n{Error}\n{Output}");
        return this;
    }
}
