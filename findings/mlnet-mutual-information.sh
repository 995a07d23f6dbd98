#!/usr/bin/env bash
# ML.NET 5.0.1: the normalised mutual information of a clustering is 1 if every row is a cluster of its own.
#
# NormalizedMutualInformation is divided by the entropy of the labels alone. Of 12 rows with three labels, clusters equal to the labels have 1, twelve clusters of one row have 1 as well, and one cluster for all has 0. Divided by the mean of the two
# entropies, as in scikit-learn, or by their geometric mean, the twelve clusters have 0.61 or 0.66. With labels and clusters exchanged the value changes; with a single label it is NaN.
# Surprising because the normalisation is there to punish needless clusters, and because the measure is symmetric by its usual definitions.
# Who meets it: whoever chooses the number of clusters by it: more are never worse.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;

const int Rows = 12;
var ml = new MLContext(1);
double Information(string name, int[] labels, int[] clusters)
{
    var rows = labels.Zip(clusters, (label, cluster) => new Row { Label = (uint)label, PredictedLabel = (uint)cluster, Score = Enumerable.Range(0, Rows).Select(k => k == cluster ? 0f : 1f).ToArray() }).ToArray();
    double seen = ml.Clustering.Evaluate(ml.Data.LoadFromEnumerable(rows), "Label", "Score").NormalizedMutualInformation;
    double Entropy<T>(IEnumerable<T> values) => values.GroupBy(value => value).Sum(group => -group.Count() / (double)Rows * Math.Log(group.Count() / (double)Rows));
    double own = Entropy(labels), other = Entropy(clusters), mutual = own + other - Entropy(labels.Zip(clusters));
    Console.WriteLine($"{name}: {seen:F3}; divided by the labels' entropy {mutual / own:F3}, by the mean entropy {2 * mutual / (own + other):F3}, by the geometric mean {mutual / Math.Sqrt(own * other):F3}");
    return seen;
}

int[] labels = Enumerable.Range(0, Rows).Select(i => i % 3).ToArray(), alone = Enumerable.Range(0, Rows).ToArray();
double right = Information("clusters like the labels", labels, labels);
double singles = Information("each row a cluster", labels, alone);
double exchanged = Information("labels and clusters exchanged", alone, labels);
double single = Information("one label, three clusters", new int[Rows], labels);
return Math.Abs(right - 1) < 1e-9 && Math.Abs(singles - 1) < 1e-9 && exchanged < 0.5 && double.IsNaN(single) ? 0 : 1;

class Row
{
    [KeyType(12)]
    public uint Label { get; set; }
    [KeyType(12)]
    public uint PredictedLabel { get; set; }
    [VectorType(12)]
    public float[] Score { get; set; } = [];
}
END
dotnet run app.cs
