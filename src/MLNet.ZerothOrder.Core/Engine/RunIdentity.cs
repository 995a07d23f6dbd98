using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>All that shapes a run's numbers, by name. An interrupted run resumes only with the same identity.</summary>
public sealed class RunIdentity() : SortedDictionary<string, string>(StringComparer.Ordinal)
{
    /// <summary>Adds a number or another value, written the same in every culture; null is "none".</summary>
    public void Add(string name, IFormattable? value) => Add(name, value?.ToString(null, CultureInfo.InvariantCulture) ?? "none");

    /// <summary>Fails where a run has another identity than the one that it is to resume.</summary>
    /// <param name="now">The identity of the run that resumes.</param>
    /// <param name="path">The checkpoint of the run that was started with this identity.</param>
    /// <exception cref="InputException">They differ; the message names all differences.</exception>
    public void ThrowIfOther(RunIdentity now, string path)
    {
        ArgumentNullException.ThrowIfNull(now);
        string[] differences =
        [
            .. from name in Keys.Union(now.Keys).Order(StringComparer.Ordinal)
               let value = now.GetValueOrDefault(name, "nothing")
               let then = this.GetValueOrDefault(name, "nothing")
               where then != value
               select $"{name} = {then}, not {value}",
        ];
        if (differences.Length > 0)
        {
            throw new InputException($"Checkpoint {path} is of a run with {string.Join("; with ", differences)}; resume it as it was started, or start anew.");
        }
    }
}
