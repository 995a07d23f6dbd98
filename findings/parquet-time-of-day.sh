#!/usr/bin/env bash
# Parquet.Net 6.1.0: a TimeOnly is ten times as late for every other reader.
#
# The times 01:02:03 and 02:00:00 are written as ticks of 100 nanoseconds in a column that declares microseconds. DuckDB 1.5.6 reads 10:20:30 and 20:00:00. Parquet.Net itself makes the same mistake when it reads, and gives back what was written. Of a file that DuckDB wrote,
# it reads 01:02:03 as 00:06:12. [ParquetMicroSecondsTime] changes nothing.
# Surprising because the test that one writes, writing and reading back, passes, and because the results up to 02:24 are valid times of day. DateOnly and DateTime are right.
# Who meets it: .NET services that write opening hours, departures or shifts as Parquet for Python, Spark or DuckDB, and those that read such files.
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

using var connection = new DuckDBConnection("Data Source=:memory:");
connection.Open();
string Ask(string query)
{
    using var command = connection.CreateCommand();
    command.CommandText = query;
    return command.ExecuteScalar()?.ToString() ?? "";
}

TimeOnly[] times = [new(1, 2, 3), new(2, 0, 0)];
await ParquetSerializer.SerializeAsync(times.Select(time => new Row { Time = time, Micros = time }).ToList(), "net.parquet");
string read = Ask("select string_agg(strftime(date '2000-01-01' + Time::time, '%H:%M:%S'), ' ') from 'net.parquet'"), micros = Ask("select string_agg(strftime(date '2000-01-01' + Micros::time, '%H:%M:%S'), ' ') from 'net.parquet'");
string unit = Ask("select logical_type from parquet_schema('net.parquet') where name = 'Time'");
Row[] own = await Rows<Row>("net.parquet");
Console.WriteLine($"written {string.Join(' ', times.Select(time => time.ToString("HH:mm:ss")))}; DuckDB reads {read} and {micros} ({unit}); Parquet.Net reads {string.Join(' ', own.Select(row => row.Time.ToString("HH:mm:ss")))}");
Ask("copy (select time '01:02:03' as Time, time '02:00:00' as Micros) to 'duck.parquet'");
MaybeRow row = (await Rows<MaybeRow>("duck.parquet")).Single();   // all columns of DuckDB may be missing
Console.WriteLine($"DuckDB writes 01:02:03 and 02:00:00; Parquet.Net reads {row.Time:HH:mm:ss} and {row.Micros:HH:mm:ss}");
return read == "10:20:30 20:00:00" && micros == read && unit.Contains("MICROS=Micro") && own.Select(row => row.Time).SequenceEqual(times) && row is { Time: { Hour: 0, Minute: 6, Second: 12 }, Micros: { Hour: 0, Minute: 12, Second: 0 } } ? 0 : 1;

async Task<T[]> Rows<T>(string path)
    where T : class, new()
{
    object result = await ParquetSerializer.DeserializeAsync<T>(path);
    return (result as IEnumerable<T> ?? (IEnumerable<T>)((dynamic)result).Data).ToArray();
}

class Row
{
    public TimeOnly Time { get; set; }

    [ParquetMicroSecondsTime]
    public TimeOnly Micros { get; set; }
}

class MaybeRow
{
    public TimeOnly? Time { get; set; }

    [ParquetMicroSecondsTime]
    public TimeOnly? Micros { get; set; }
}
END
dotnet run app.cs
