#!/usr/bin/env bash
# Parquet.Net 6.1.0: missing elements of a list disappear when it is read, and an empty list becomes a missing one.
#
# The lists (1, null, 3), (null, null, 5), () and (7) are written rightly: DuckDB 1.5.6 reads them as they were. Parquet.Net reads (1, 3), (5), null and (7). Lists of double and of string, and arrays, are alike. A list of numbers that cannot be missing is right, empty ones included.
# Surprising because the shorter list shows no gap: what stood at the third place is at the second. The type, List<int?>, says that elements may be missing.
# Who meets it: whoever reads sequences of equal length (time series, embeddings, scores by class) with gaps: from the first gap on, values belong to other times or classes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Parquet.Net@6.1.0
#:package DuckDB.NET.Data.Full@1.5.6.1
#:property PublishAot=false
using DuckDB.NET.Data;
using Parquet.Serialization;

Row[] rows =
[
    new() { Gaps = [1, null, 3], Texts = ["a", null, "c"], Full = [1, 2] },
    new() { Gaps = [null, null, 5], Texts = [], Full = [] },
    new() { Gaps = [], Texts = ["d"], Full = [3] },
    new() { Gaps = [7], Texts = ["e"], Full = [4] },
];
string Text<T>(IEnumerable<T>? list) => list is null ? "null" : $"[{string.Join(", ", list.Select(value => value?.ToString() ?? "NULL"))}]";
await ParquetSerializer.SerializeAsync(rows.ToList(), "lists.parquet");
using var connection = new DuckDBConnection("Data Source=:memory:");
connection.Open();
string Ask(string column)
{
    using var command = connection.CreateCommand();
    command.CommandText = $"select string_agg({column}::varchar, ' ') from 'lists.parquet'";
    return (string)command.ExecuteScalar()!;
}

object result = await ParquetSerializer.DeserializeAsync<Row>("lists.parquet");
Row[] read = (result as IEnumerable<Row> ?? (IEnumerable<Row>)((dynamic)result).Data).ToArray();
string gaps = string.Join(' ', read.Select(row => Text(row.Gaps))), texts = string.Join(' ', read.Select(row => Text(row.Texts))), full = string.Join(' ', read.Select(row => Text(row.Full)));
Console.WriteLine($"int?:   DuckDB {Ask("Gaps")}; Parquet.Net {gaps}");
Console.WriteLine($"string: DuckDB {Ask("Texts")}; Parquet.Net {texts}");
Console.WriteLine($"int:    DuckDB {Ask("\"Full\"")}; Parquet.Net {full}");
return Ask("Gaps") == "[1, NULL, 3] [NULL, NULL, 5] [] [7]" && gaps == "[1, 3] [5] null [7]" && texts == "[a, c] null [d] [e]" && full == Ask("\"Full\"") ? 0 : 1;

class Row
{
    public List<int?>? Gaps { get; set; }

    public List<string?>? Texts { get; set; }

    public List<int>? Full { get; set; }
}
END
dotnet run app.cs
