using System.Globalization;

namespace MLNet.ZerothOrder;

/// <summary>The answers of a classifier to a sample of the images. They show whether images, labels and encoding fit the classifier.</summary>
/// <param name="Labels">The labels of the sample.</param>
/// <param name="Predicted">The predicted class of each image of the sample.</param>
public sealed record CleanAnswers(IReadOnlyList<int> Labels, IReadOnlyList<int> Predicted)
{
    private const int MostNamed = 6;

    // The share of all images that distinguishes a systematic confusion from chance.
    private const double Explained = 0.9;

    /// <summary>The number of correctly classified images.</summary>
    public int Right => Labels.Zip(Predicted).Count(pair => pair.First == pair.Second);

    /// <summary>The number of images in the sample.</summary>
    public int Count => Labels.Count;

    /// <summary>
    /// The mistake that explains at least nine in ten of the answers, as a clause: every class is taken for its neighbour, classes are exchanged, or all images are taken for
    /// one class; null where there is none, or too few images show it.
    /// </summary>
    public string? Confusion
    {
        get
        {
            var classes = Labels.Zip(Predicted).GroupBy(pair => pair.First, pair => pair.Second).OrderBy(group => group.Key)
                .Select(group => (Label: group.Key, Count: group.Count(), Winner: group.GroupBy(k => k).OrderByDescending(same => same.Count()).ThenBy(same => same.Key).First())).ToArray();
            bool IsExplained(int images) => images >= Explained * Count;
            if (classes.Length < 2 || IsExplained(Right))
            {
                return null;
            }

            int one = Predicted.GroupBy(k => k).MaxBy(same => same.Count())!.Key;
            if (IsExplained(Predicted.Count(k => k == one)))
            {
                return $"almost all images are taken for class {one}, as happens with pixels in another range or channel order than the model's";
            }

            foreach (int by in (int[])[1, -1])
            {
                if (Count > 2 && IsExplained(Labels.Zip(Predicted).Count(pair => pair.Second == pair.First + by)))
                {
                    return by == 1 ? "almost every image is taken for the class after its own, as by a model with a background class in front: add 1 to the labels, or give the names of the model's classes"
                        : "almost every image is taken for the class before its own: labels seem to be counted from 1, and must be from 0";
                }
            }

            return classes.DistinctBy(group => group.Winner.Key).Count() == classes.Length && Count >= 2 * classes.Length && IsExplained(classes.Sum(group => group.Winner.Count()))
                ? $"the classes are those of the model in another order ({Exchanges(classes)}): give the names of the model's classes in its order, or number them so"
                : null;

            static string Exchanges(IEnumerable<(int Label, int Count, IGrouping<int, int> Winner)> classes)
            {
                string[] exchanged = [.. classes.Where(group => group.Label != group.Winner.Key).Select(group => $"{group.Label} is taken for {group.Winner.Key}")];
                return string.Join(", ", exchanged.Take(MostNamed)) + (exchanged.Length > MostNamed ? ", …" : "");
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Right} of {Count} images right");
}
