#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: a missing value is less than 5.
#
# ElementwiseLessThan(5) of 1, null, 9 is true, true, false, and a filter by it keeps the row without a value; ElementwiseLessThanOrEqual(0) is true for it, too, and ElementwiseGreaterThan(-1). It is compared as if it were 0,
# and ElementwiseEquals(0) is true as well. Of a condition and its opposite the missing value fulfils one.
# Surprising because arithmetic with a missing value gives a missing value in the same library, SQL and pandas drop such rows, and two columns with gaps at the same row are equal there.
# Who meets it: filters of tables with gaps: "income below 1,000" selects everybody who did not answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.Data.Analysis@0.23.1
#:property PublishAot=false
using Microsoft.Data.Analysis;

var column = new DoubleDataFrameColumn("value", [1, null, 9]);
var answers = new Dictionary<string, BooleanDataFrameColumn>
{
    ["< 5"] = (BooleanDataFrameColumn)column.ElementwiseLessThan(5.0),
    [">= 5"] = (BooleanDataFrameColumn)column.ElementwiseGreaterThanOrEqual(5.0),
    ["<= 0"] = (BooleanDataFrameColumn)column.ElementwiseLessThanOrEqual(0.0),
    ["> -1"] = (BooleanDataFrameColumn)column.ElementwiseGreaterThan(-1.0),
    ["< 0"] = (BooleanDataFrameColumn)column.ElementwiseLessThan(0.0),
    ["= 0"] = (BooleanDataFrameColumn)column.ElementwiseEquals(0.0),
};
foreach (var (name, answer) in answers)
    Console.WriteLine($"1, null, 9 {name}: {string.Join(", ", answer)}");
long kept = new DataFrame(column).Filter(answers["< 5"]).Rows.Count;
Console.WriteLine($"rows kept by the filter < 5: {kept}; 1, null, 9 plus 1: {string.Join(", ", column.Add(1.0).Cast<object?>().Select(value => value ?? "null"))}");
bool?[] missing = [.. answers.Values.Select(answer => answer[1])];
return missing is [true, false, true, true, false, true] && kept == 2 && column.Add(1.0)[1] is null ? 0 : 1;
END
dotnet run app.cs
