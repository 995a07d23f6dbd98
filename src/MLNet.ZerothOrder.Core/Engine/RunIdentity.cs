using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>Everything that determines the numbers of a run, by name. An interrupted run can only be resumed with the same identity.</summary>
public sealed class RunIdentity() : SortedDictionary<string, string>(StringComparer.Ordinal)
{
    /// <summary>Adds a number or another value, written the same in every culture; null is "none".</summary>
    public void Add(string name, IFormattable? value) => Add(name, value?.ToString(null, CultureInfo.InvariantCulture) ?? "none");

    /// <summary>Throws if a resumed run has another identity than the one that it was started with.</summary>
    /// <param name="now">The identity of the resumed run.</param>
    /// <param name="path">The checkpoint of the run that was started with this identity.</param>
    /// <exception cref="InputException">The identities differ; the message names all differences.</exception>
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
            throw new InputException($"Checkpoint {path} belongs to a run with {string.Join("; with ", differences)}; resume it as it was started, or start again.");
        }
    }
}
