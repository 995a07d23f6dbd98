#!/usr/bin/env bash
# ML.NET 5.0.1: in an Expression x * x of a large integer is an error, x ^ 2 is 0, and x ^ 3 is the largest integer.
#
# With x = 65536 of 32 bits, "x * x" stops the pass over the data with an OverflowException, "x ^ 2" wraps round to 0, and "x ^ 3" stops at 2147483647. With 64 bits and x = 2^33, "x * x" wraps round to 0, too. Sums always wrap round:
# 2147483647 + 1 is -2147483648.
# Surprising because x * x and x ^ 2 are one formula, the exponents 2 and 3 differ, and the two sizes of integers differ.
# Who meets it: features made of counts, identifiers and times in a pipeline: whether a large value becomes 0, negative or constant, or stops the job, depends on how the formula is written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(1);
string Value<T>(T x, string formula) where T : struct
{
    IDataView rows = ml.Data.LoadFromEnumerable(new[] { new Row<T> { X = x } });
    try
    {
        return ml.Transforms.Expression("Y", formula, "X").Fit(rows).Transform(rows).GetColumn<T>("Y").First().ToString()!;
    }
    catch (Exception e) when (e is OverflowException || e.InnerException is OverflowException)
    {
        return "overflow";
    }
}

bool same = true;
foreach ((string formula, string small, string large) in new[] { ("x => x * x", "overflow", "0"), ("x => x ^ 2", "0", "0"), ("x => x ^ 3", $"{int.MaxValue}", $"{long.MaxValue}") })
{
    string seen32 = Value(65536, formula), seen64 = Value(1L << 33, formula);
    Console.WriteLine($"{formula}: of 65536 with 32 bits {seen32}, of 2^33 with 64 bits {seen64}");
    same &= seen32 == small && seen64 == large;
}

string next32 = Value(int.MaxValue, "x => x + 1"), next64 = Value(long.MaxValue, "x => x + 1");
Console.WriteLine($"x => x + 1: of the largest integers {next32} and {next64}");
return same && next32 == $"{int.MinValue}" && next64 == $"{long.MinValue}" ? 0 : 1;

class Row<T> where T : struct
{
    public T X { get; set; }
}
END
dotnet run app.cs
