#!/usr/bin/env bash
# Microsoft.Data.Analysis 0.23.1: the product of every group is 0.
#
# GroupBy(...).Product of the groups 2, 5 and 3 gives 0 and 0 where the products are 10 and 3. The column's own Product() is right, and so are the groups' sums.
# Surprising because no value is 0, and because a function of a table library that is never right has a name like the others.
# Who meets it: growth factors, probabilities or scales multiplied by category.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.Data.Analysis@0.23.1
#:property PublishAot=false
using Microsoft.Data.Analysis;

DataFrameColumn[] columns =
[
    new DoubleDataFrameColumn("double", [2.0, 5, 3]), new SingleDataFrameColumn("float", [2f, 5, 3]), new Int32DataFrameColumn("int", [2, 5, 3]), new DecimalDataFrameColumn("decimal", [2m, 5, 3]),
];
var frame = new DataFrame(new DataFrameColumn[] { new StringDataFrameColumn("group", ["a", "a", "b"]) }.Concat(columns));
DataFrame products = frame.GroupBy("group").Product(), sums = frame.GroupBy("group").Sum();
bool zero = true, right = true;
foreach (DataFrameColumn column in columns)
{
    double[] product = [.. products[column.Name].Cast<object>().Select(Convert.ToDouble)], sum = [.. sums[column.Name].Cast<object>().Select(Convert.ToDouble)];
    Console.WriteLine($"{column.Name}: 2, 5 and 3 have the products {string.Join(" and ", product)}, the sums {string.Join(" and ", sum)}; Product() of the column is {column.Product()}");
    zero &= product is [0, 0];
    right &= sum is [7, 3] && Convert.ToDouble(column.Product()) == 30;
}

return zero && right ? 0 : 1;
END
dotnet run app.cs
