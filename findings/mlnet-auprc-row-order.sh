#!/usr/bin/env bash
# ML.NET 5.0.1: the area under the precision-recall curve depends on the order of the rows if scores are equal: a constant classifier has 1.
#
# A hundred positive and a hundred negative rows with one and the same score have AreaUnderPrecisionRecallCurve 1 if the positive rows come first, 0.3 if they come last, and 0.5 if they alternate. The area under the ROC curve of the same
# evaluation is 0.5 in each order. With scores that all differ the order has no influence.
# Surprising because a metric of scores and labels is a function of them, and the other area takes equal scores into account.
# Who meets it: trees and rounded scores, which have many equal ones, on files sorted by label: the area compares the files, not the models.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using Microsoft.ML;

var ml = new MLContext(1);
(double Roc, double PrecisionRecall) Areas(string name, IEnumerable<Row> rows)
{
    var metrics = ml.BinaryClassification.EvaluateNonCalibrated(ml.Data.LoadFromEnumerable(rows.ToArray()));
    Console.WriteLine($"{name}: area under the ROC curve {metrics.AreaUnderRocCurve:F3}, under the precision-recall curve {metrics.AreaUnderPrecisionRecallCurve:F3}");
    return (metrics.AreaUnderRocCurve, metrics.AreaUnderPrecisionRecallCurve);
}

Row[] Constant() => Enumerable.Range(0, 200).Select(i => new Row { Label = i % 2 == 0, Score = 1 }).ToArray();
Row[] Different() => Enumerable.Range(0, 200).Select(i => new Row { Label = i % 2 == 0, Score = i * 37 % 200 }).ToArray();
var first = Areas("constant score, positive rows first", Constant().OrderByDescending(row => row.Label));
var last = Areas("constant score, positive rows last", Constant().OrderBy(row => row.Label));
var alternating = Areas("constant score, alternating", Constant());
var a = Areas("different scores, positive rows first", Different().OrderByDescending(row => row.Label));
var b = Areas("different scores, positive rows last", Different().OrderBy(row => row.Label));
return first.PrecisionRecall > 0.99 && last.PrecisionRecall < 0.4 && first.Roc == 0.5 && last.Roc == 0.5 && alternating.Roc == 0.5 && a == b ? 0 : 1;

class Row
{
    public bool Label { get; set; }
    public float Score { get; set; }
    public bool PredictedLabel { get; set; }
}
END
dotnet run app.cs
