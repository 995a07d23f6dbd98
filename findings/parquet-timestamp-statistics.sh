#!/usr/bin/env bash
# Parquet.Net 6.1.0 and DuckDB 1.5.6: a filter on a timestamp finds none of the rows that are there.
#
# Two rows, of 1 and 2 June 2020, have a DateTime in microseconds. DuckDB reads both and gives the right minimum and maximum, but "when >= 1 June 2020" finds 0 rows, and "when < 1 June 2020" finds 2. With "+ interval 0 day" behind the column it is 2 and 0. Parquet.Net writes
# the least and greatest value of a block in milliseconds in place of microseconds, days of January 1970; a query skips blocks, or takes them whole, by these numbers. In milliseconds and in the older format (no attribute) all is right.
# Surprising because every row that is read is right, no error is raised, and the answer depends on how the condition is written.
# Who meets it: whoever writes events in microseconds in .NET and asks for a period in DuckDB, or in another engine that skips blocks by their statistics. That the statistics are wrong is known (aloneguid/parquet-dotnet 769).
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
using Parquet.Serialization.Attributes;

DateTime start = new(2020, 6, 1, 0, 0, 0, DateTimeKind.Utc);
await ParquetSerializer.SerializeAsync(new[] { 0, 1 }.Select(day => new Row { Micros = start.AddDays(day), Millis = start.AddDays(day), Older = start.AddDays(day) }).ToList(), "rows.parquet");
using var connection = new DuckDBConnection("Data Source=:memory:");
connection.Open();
string Ask(string query)
{
    using var command = connection.CreateCommand();
    command.CommandText = query;
    return command.ExecuteScalar()!.ToString()!;
}

string Counts(string column)
{
    string Count(string condition) => Ask($"select count(*) from 'rows.parquet' where {condition} timestamp '2020-06-01'");
    string counts = $"{Count($"{column} >=")} {Count($"{column} <")} {Count($"{column} + interval 0 day >=")} {Count($"{column} + interval 0 day <")}";
    Console.WriteLine($"{column}: from 1 June on, before; the same with an expression: {counts}; greatest {Ask($"select max({column})::varchar from 'rows.parquet'")}, by the statistics {Ask($"select stats_max_value from parquet_metadata('rows.parquet') where path_in_schema = '{column}'")}");
    return counts;
}

return Counts("Micros") == "0 2 2 0" & Counts("Millis") == "2 0 2 0" & Counts("Older") == "2 0 2 0" ? 0 : 1;

class Row
{
    [ParquetTimestamp(ParquetTimestampResolution.Microseconds)]
    public DateTime Micros { get; set; }

    [ParquetTimestamp]
    public DateTime Millis { get; set; }

    public DateTime Older { get; set; }
}
END
dotnet run app.cs
