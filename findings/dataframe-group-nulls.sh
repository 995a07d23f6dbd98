#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: GroupBy and Description take a missing value for 0; the columns' own Mean, Min and Max leave it out.
#
# A column 2, null, 4 has Mean() 3, Min() 2 and Max() 4. The same rows as a group have the mean 2 and the minimum 0; of the group -2, null, -4 the maximum is 0. Description(), the summary of a whole frame, says that the mean is 2, beside
# a length of 2 without missing values and the right minimum. Count of a group leaves the missing values out, so that Sum divided by Count is not Mean.
# Surprising because the frame keeps missing values apart from 0 everywhere else, and because one group has two means in one library.
# Who meets it: every table with gaps: averages by category are drawn towards 0, by the share of gaps.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.Data.Analysis@0.23.1
#:property PublishAot=false
using Microsoft.Data.Analysis;

(double Mean, double Min, double Max) Show(params double?[] values)
{
    var column = new DoubleDataFrameColumn("value", values);
    var frame = new DataFrame(new StringDataFrameColumn("group", values.Select(_ => "g")), column);
    GroupBy group = frame.GroupBy("group");
    double Of(DataFrame result) => Convert.ToDouble(result["value"][0]);
    var grouped = (Of(group.Mean("value")), Of(group.Min("value")), Of(group.Max("value")));
    DataFrame description = frame.Description();
    int meanRow = Enumerable.Range(0, (int)description.Rows.Count).Single(i => (string)description[i, 0] == "Mean");
    double described = Convert.ToDouble(description["value"][meanRow]);
    Console.WriteLine($"{string.Join(", ", values.Select(value => value?.ToString() ?? "null"))}: the column's mean {column.Mean()}, min {column.Min()}, max {column.Max()}; the group's {grouped.Item1}, {grouped.Item2}, {grouped.Item3}; Description's mean {described}");
    return described == grouped.Item1 ? grouped : (double.NaN, 0, 0);
}

return Show(2, null, 4) == (2, 0, 4) & Show(-2, null, -4) == (-2, -4, 0) & Show(2, 4) == (3, 2, 4) ? 0 : 1;
END
dotnet run app.cs
