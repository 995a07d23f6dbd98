using System.Globalization;
using MLNet.ZerothOrder.Fuzz;

// fuzz.sh calls it: NAME|all COUNT SEED ROOT. The last of them is the repository's root.
if (args is ["onnxruntime-child", var from, var to, var childSeed, var childFolder])
{
    return OnnxRuntimeCampaign.Child(childFolder, Integer(from), Integer(to), Integer(childSeed));
}

if (args is not [var name, var count, var seed, var root])
{
    Console.Error.WriteLine("NAME|all COUNT SEED ROOT are wanted.");
    return 2;
}

DirectoryInfo folder = Directory.CreateTempSubdirectory("zo-fuzz-");
try
{
    if (name == "onnxruntime")
    {
        return new OnnxRuntimeCampaign(folder.FullName, Integer(seed)).Run(Integer(count)) ? 0 : 1;
    }

    Target[] targets = [.. Targets.All(folder.FullName, root).Where(target => name == "all" || target.Name == name)];
    bool isGood = targets.Length > 0;
    foreach (Target target in targets)
    {
        isGood &= new Campaign(target, folder.FullName, Integer(seed)).Run(Integer(count));
    }

    return isGood ? 0 : 1;
}
finally
{
    folder.Delete(recursive: true);
}

static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
