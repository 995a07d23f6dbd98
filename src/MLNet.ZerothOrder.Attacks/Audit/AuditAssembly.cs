using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>
/// Makes an audit of the runs of its methods: which images stand, which fell, and the figures. The runs are made one by one as the earlier ones tell, or were made before, as by shards.
/// </summary>
/// <param name="empty">The audit without figures.</param>
/// <param name="epsilons">The radii of the balls.</param>
/// <param name="methods">The methods and their budgets.</param>
/// <param name="isUnlabelled">Whether the images have no labels.</param>
/// <param name="indexOf">The place of an image among all images.</param>
internal sealed class AuditAssembly(AuditResult empty, IReadOnlyList<double> epsilons, IReadOnlyList<(string Name, long Budget)> methods, bool isUnlabelled, Func<ImageResult, int> indexOf)
{
    /// <summary>Whether runs are kept in folders.</summary>
    public required bool NamesFolders { get; init; }

    /// <summary>Called with the result at the end.</summary>
    public required Action<AuditResult> Write { get; init; }

    /// <summary>The time that the audit took.</summary>
    public required Func<double> Seconds { get; init; }

    /// <summary>What its queries cost; null without a price.</summary>
    public required Func<decimal?> Cost { get; init; }

    /// <summary>Makes the audit.</summary>
    /// <param name="run">The run of a method in a ball.</param>
    public AuditResult Run(Func<Stage, AttackResult> run)
    {
        AuditResult result = empty;
        int wrong = 0;
        SkippedImage[] misclassified = [];
        List<Standing>? standing = null;
        var fallen = new List<AuditImage>();
        var warnings = new List<string>();
        if (isUnlabelled)
        {
            warnings.Add("The images have no labels, so an image counts as right while the model gives it the class that it gives the unchanged image. How many of these classes are right was not measured.");
        }

        foreach (double epsilon in epsilons)
        {
            var stages = new List<AuditStage>();
            foreach ((string name, long budget) in methods)
            {
                if (standing is { Count: 0 })
                {
                    break;
                }

                string? folder = !NamesFolders ? null : string.Create(CultureInfo.InvariantCulture, $"{empty.Norm.Word()}-{epsilon:G6}-{stages.Count + 1}-{name}");
                AttackResult found;
                try
                {
                    found = run(new Stage(epsilon, name, budget, stages.Count + 1, standing, folder));
                }
                catch (OperationCanceledException) when (standing is not null)
                {
                    // Before its first answer.
                    return End(stages.Count == 0 ? result : result with { Levels = [.. result.Levels, Level(epsilon, stages)] }, partial: true);
                }

                warnings.AddRange(found.Warnings.Except(warnings));
                result = result with { Model = found.Model, OverheadQueries = result.OverheadQueries + found.OverheadQueries };
                if (standing is null)
                {
                    misclassified = [.. found.Skipped.Where(s => s.Predicted >= 0)];
                    wrong = misclassified.Length;
                    standing = [.. found.Runs.SelectMany(made => made.Images).Select(image => new Standing(indexOf(image), image.Name, image.Label))];
                }

                IReadOnlyList<ImageResult> images = found.Runs.Count > 0 ? found.Runs[0].Images : [];
                Dictionary<string, ImageResult> byName = images.ToDictionary(image => image.Name);
                foreach (Standing image in standing.ToArray())
                {
                    if (!byName.TryGetValue(image.Name, out ImageResult? attacked))
                    {
                        continue;
                    }

                    if (!attacked.Success)
                    {
                        image.Queries += attacked.Queries;
                        continue;
                    }

                    standing.Remove(image);
                    fallen.Add(new AuditImage(
                        image.Name, image.Label, name, image.Queries + (attacked.QueriesToFirstSuccess ?? attacked.Queries), attacked.AdversarialLabel,
                        folder is not null && attacked.ImageFile is { } file ? $"{folder}/{file}" : null));
                }

                if (images.Count(image => image.Failure is not null) is > 0 and var failed)
                {
                    warnings.Add($"The model failed on {failed} image{(failed == 1 ? "" : "s")} in {name}; they count as standing.");
                }

                if (images.Count(image => !image.Success && image.SavedSuccess == false) is > 0 and var unsaved)
                {
                    warnings.Add(string.Create(
                        CultureInfo.InvariantCulture, $"{name} at ε = {epsilon:G4} fooled the model with {unsaved} image{(unsaved == 1 ? "" : "s")} of which no 8-bit file inside the ball does; they count as standing."));
                }

                stages.Add(new AuditStage(name, budget, images.Count, images.Count(image => image.Success), images.Sum(image => image.Queries), folder, empty.FlaggedCost is null ? null : images.Sum(image => image.FlaggedQueries ?? 0)));
                if (found.Partial)
                {
                    return End(result with { Levels = [.. result.Levels, Level(epsilon, stages)], Failure = found.Failure }, partial: true);
                }
            }

            result = result with { Levels = [.. result.Levels, Level(epsilon, stages)] };
            standing?.ForEach(image => image.Queries = 0);
        }

        return End(result, partial: false);

        AuditResult End(AuditResult end, bool partial)
        {
            int right = (standing?.Count ?? 0) + fallen.Count;
            end = end with
            {
                Partial = partial,
                Warnings = warnings,
                CleanAccuracy = isUnlabelled ? null : AuditShare.From(right, right + wrong),
                Cost = Cost(),
                Seconds = Seconds(),
            };
            Write(end);
            return end;
        }

        AuditLevel Level(double epsilon, List<AuditStage> stages)
        {
            int of = standing!.Count + fallen.Count + wrong;
            return new AuditLevel(
                epsilon, AuditShare.From(standing.Count, of), stages,
                [
                    .. standing.Select(s => s.Label).Concat(fallen.Select(f => f.Label)).Concat(misclassified.Select(m => m.Label)).CountBy(label => label).OrderBy(pair => pair.Key)
                        .Select(pair => new AuditClass(pair.Key, AuditShare.From(standing.Count(s => s.Label == pair.Key), pair.Value))),
                ],
                [.. fallen, .. standing.Select(s => new AuditImage(s.Name, s.Label, null, s.Queries, null, null))]);
        }
    }

    /// <summary>A method in a ball.</summary>
    /// <param name="Epsilon">The radius of the ball.</param>
    /// <param name="Method">The method.</param>
    /// <param name="Budget">The most queries per image.</param>
    /// <param name="Number">The number of the method in this ball, from 1.</param>
    /// <param name="Standing">The images that stand; null for the first method, which looks for them.</param>
    /// <param name="Folder">The folder of the run in that of the audit; null if it is not kept.</param>
    public sealed record Stage(double Epsilon, string Method, long Budget, int Number, IReadOnlyList<Standing>? Standing, string? Folder);

    /// <summary>An image that stands.</summary>
    public sealed record Standing(int Index, string Name, int Label)
    {
        public long Queries { get; set; }
    }
}
