namespace MLNet.ZerothOrder.Data;

/// <summary>Finds and reads the public data sets that the user has: MNIST and CIFAR-10.</summary>
public static class Datasets
{
    /// <summary>The environment variable that names the folder of data sets.</summary>
    public const string FolderVariable = "ZO_DATA";

    // The first thousand records, for those who do not keep the whole test batch.
    private const string ShortTestBatch = "test_batch_first1000.bin";

    /// <summary>
    /// Reads one part of a data set from files named as in its official archive, each plain or with <c>.gz</c>. They are
    /// looked for in the folder given or, when none is, in the one that <c>ZO_DATA</c> names and then in <c>zo/data</c> under
    /// the user's local application data (on Linux <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c>); in each directly, in the sub-folder named as the set, and in
    /// CIFAR-10's own <c>cifar-10-batches-bin</c>. Where CIFAR-10's <c>test_batch.bin</c> is nowhere,
    /// <c>test_batch_first1000.bin</c> serves.
    /// </summary>
    /// <param name="name"><c>mnist</c> (1×28×28) or <c>cifar10</c> (3×32×32).</param>
    /// <param name="split">Which part.</param>
    /// <param name="dataDirectory">The only folder to look in; null for the two above.</param>
    /// <exception cref="InputException">The name is unknown, files are missing (the message says which, where), or they are damaged.</exception>
    public static ImageSet Load(string name, DatasetSplit split, string? dataDirectory = null) => Load(name, split, Folders(dataDirectory));

    /// <summary>
    /// As <see cref="Load(string, DatasetSplit, string?)"/>, but where MNIST's images are there and their labels are not, gives
    /// the images <see cref="ImageSet.Unlabelled"/>.
    /// </summary>
    /// <exception cref="InputException">The name is unknown, files are missing, or they are damaged.</exception>
    public static ImageSet LoadWithOrWithoutLabels(string name, DatasetSplit split, string? dataDirectory = null)
    {
        try
        {
            return Load(name, split, dataDirectory);
        }
        catch (InputException)
        {
            string prefix = split == DatasetSplit.Train ? "train" : "t10k";
            string? images = DatasetSource.Find(name) == DatasetSource.Mnist
                ? Folders(dataDirectory).SelectMany(folder => Places(DatasetSource.Mnist, folder))
                    .Where(place => Find(place, $"{prefix}-labels-idx1-ubyte") is null)
                    .Select(place => Find(place, $"{prefix}-images-idx3-ubyte")).FirstOrDefault(path => path is not null)
                : null;
            if (images is null)
            {
                throw;
            }

            return IdxReader.Read(images, labelsPath: null, name);
        }
    }

    /// <summary>Where data sets belong: the folder given, else <c>ZO_DATA</c>'s, else the user's <c>zo/data</c>.</summary>
    public static string Folder(string? dataDirectory = null) => Folders(dataDirectory)[0];

    internal static ImageSet Load(string name, DatasetSplit split, IReadOnlyList<string> folders)
    {
        DatasetSource source = DatasetSource.Find(name);
        bool isMnist = source == DatasetSource.Mnist;
        string[][] choices = (isMnist, split) switch
        {
            (true, DatasetSplit.Train) => [["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]],
            (true, _) => [["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]],
            (_, DatasetSplit.Train) => [["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"]],
            _ => [["test_batch.bin"], [ShortTestBatch]],
        };
        string[] places = [.. folders.SelectMany(folder => Places(source, folder))];
        foreach (string[] files in choices)
        {
            foreach (string place in places)
            {
                string[] paths = [.. files.Select(file => Find(place, file)).OfType<string>()];
                if (paths.Length == files.Length)
                {
                    return isMnist ? IdxReader.Read(paths[0], paths[1], name) : CifarReader.Read(paths, name);
                }
            }
        }

        throw new InputException(
            $"The {(split == DatasetSplit.Train ? "training" : "test")} images of {name} are not there: looked for {string.Join(choices.Length > 1 ? " or " : ", ", choices.SelectMany(files => files))} "
            + $"(plain or .gz) in {string.Join(", ", places.Select(place => Describe(place, choices[0])))}; download it, or name the folder that holds it.") { Argument = "Dataset" };
    }

    /// <summary>The file as it lies in a folder, plain or gzipped; null where it does not.</summary>
    internal static string? Find(string folder, string file)
    {
        string plain = Path.Combine(folder, file);
        return File.Exists(plain) ? plain : File.Exists(plain + ".gz") ? plain + ".gz" : null;
    }

    private static string[] Folders(string? dataDirectory)
    {
        if (dataDirectory is not null)
        {
            return [dataDirectory];
        }

        string own = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "zo", "data");
        return Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named ? [named, own] : [own];
    }

    private static IEnumerable<string> Places(DatasetSource source, string folder)
    {
        yield return folder;
        yield return Path.Combine(folder, source.Name);
        if (source == DatasetSource.Cifar10)
        {
            yield return Path.Combine(folder, "cifar-10-batches-bin");
        }
    }

    // A folder with some of the files is likely the one that was meant, so what it lacks is worth saying.
    private static string Describe(string place, string[] files)
    {
        string[] lacking = [.. files.Where(file => Find(place, file) is null)];
        return lacking.Length < files.Length ? $"{place} (which lacks {string.Join(", ", lacking)})" : place;
    }
}
