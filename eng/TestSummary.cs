#:property PublishAot=false
// dotnet run TestSummary.cs -- FOLDER CODE: adds up the JUnit files of a test run that ended with exit code CODE, and prints each skipped test
// with its reason. The exit code is 1 if a test failed or the run ended early.
using System.Text.RegularExpressions;
using System.Xml.Linq;

(string folder, int code) = (args[0], int.Parse(args[1]));
int passed = 0, failed = 0, skipped = 0;
foreach (string file in Directory.GetFiles(folder, "*.xml").Order(StringComparer.Ordinal))
{
    XElement[] suites = [.. XDocument.Load(file).Descendants("testsuite")];
    if (suites.Length == 0 && code != 0)
    {
        Console.WriteLine($"{Path.GetFileNameWithoutExtension(file)} reported no test.");
    }

    foreach (XElement suite in suites)
    {
        Queue<(string Time, string Text)> reasons = new(Lines(suite, "system-out", @"^\[xUnit\.net (\S+)\] {7}(\S.*)$"));
        Dictionary<string, string> reasonOf = [];

        // The logger writes a skipped test and its reason to two lists of messages. They correspond by time and order.
        foreach ((string time, string test) in Lines(suite, "system-err", @"^Warning - \[xUnit\.net (\S+)\] +(.*) \[SKIP\]$"))
        {
            while (reasons.TryDequeue(out (string Time, string Text) reason))
            {
                if (string.CompareOrdinal(reason.Time, time) >= 0)
                {
                    reasonOf[test] = reason.Text;
                    break;
                }
            }
        }

        foreach (XElement test in suite.Elements("testcase"))
        {
            if (test.Element("skipped") is not null)
            {
                skipped++;
                string name = $"{(string?)test.Attribute("classname")}.{(string?)test.Attribute("name")}";
                Console.WriteLine($"Skipped {name}: {reasonOf.GetValueOrDefault(name, $"its reason is in {file}")}");
            }
            else if (test.Element("failure") is not null || test.Element("error") is not null)
            {
                failed++;
            }
            else
            {
                passed++;
            }
        }
    }
}

// A test host that crashed reports no failed test.
if (code != 0 && failed == 0)
{
    Console.WriteLine($"A test run ended early (exit code {code}).");
    failed = 1;
}

if (passed + failed == 0)
{
    Console.WriteLine("No test ran.");
    failed = 1;
}

Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return failed == 0 ? 0 : 1;

static IEnumerable<(string Time, string Text)> Lines(XElement suite, string element, string pattern) =>
    from line in (suite.Element(element)?.Value ?? "").Split('\n')
    let match = Regex.Match(line, pattern)
    where match.Success
    select (match.Groups[1].Value, match.Groups[2].Value);
