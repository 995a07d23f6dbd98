using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>What a result says about the priors that its runs started from.</summary>
public static class PriorNotes
{
    /// <summary>One sentence for each prior: the queries that it was learned with and, beside a run of the same optimizer without it, after how many attacked images they are paid back.</summary>
    public static IEnumerable<string> Of(AttackResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        foreach (IGrouping<string, AttackRun> prior in result.Runs.Where(run => run.Settings.Prior is not null).GroupBy(run => run.Settings.Prior!))
        {
            long learned = prior.First().Settings.PriorQueries ?? 0;
            string[] paid =
            [
                .. from run in prior
                   let without = result.Runs.FirstOrDefault(other => other.Settings.Prior is null && $"{other.Optimizer}+prior" == run.Optimizer)
                   where without is not null
                   let saved = Queries(without) - Queries(run)
                   select !(saved > 0) ? $"{without.Optimizer} saves none with it"
                       : string.Create(CultureInfo.InvariantCulture, $"paid back after {Math.Ceiling(learned / saved):N0} attacked images of {without.Optimizer} ({Queries(without):0.#} queries to success without it, {Queries(run):0.#} with it)"),
            ];
            yield return Sentence(prior.Key, learned, paid.Length > 0 ? $": {string.Join("; ", paid)}" : "");
        }
    }

    /// <summary>The queries that a prior was learned with, as a sentence.</summary>
    public static string Of(PriorOrigin prior)
    {
        ArgumentNullException.ThrowIfNull(prior);
        return Sentence(prior.Name, prior.Queries, "");
    }

    private static string Sentence(string name, long queries, string more) =>
        string.Create(CultureInfo.InvariantCulture, $"The prior {name} was learned with {queries:N0} queries, which are not among those of the images{more}.");

    // Without success, all queries of an image count.
    private static double Queries(AttackRun run) => run.Images.Select(image => (double)(image.QueriesToFirstSuccess ?? image.Queries)).DefaultIfEmpty(double.NaN).Average();
}
