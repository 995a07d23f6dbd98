namespace MLNet.ZerothOrder.Data;

/// <summary>Finds and reads the public data sets on this machine: MNIST and CIFAR-10.</summary>
public static class Datasets
{
    /// <summary>The environment variable that names the folder of data sets.</summary>
    public const string FolderVariable = "ZO_DATA";

    // The first thousand records of the test batch, for machines without the whole test batch.
    private const string ShortTestBatch = "test_batch_first1000.bin";

    /// <summary>
    /// Reads one part of a data set. Its files have the names of the official archive, each plain or with <c>.gz</c>. They are searched in the
    /// given folder; without one, in the folder that <c>ZO_DATA</c> names and then in <c>zo/data</c> under the user's local application data
    /// (on Linux <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c>). Each folder is searched directly, in the sub-folder with the name of the set, and in
    /// CIFAR-10's own <c>cifar-10-batches-bin</c>. If CIFAR-10's <c>test_batch.bin</c> does not exist,
    /// <c>test_batch_first1000.bin</c> is used.
    /// </summary>
    /// <param name="name"><c>mnist</c> (1×28×28) or <c>cifar10</c> (3×32×32).</param>
    /// <param name="split">The part to read.</param>
    /// <param name="dataDirectory">The only folder to search; null for the two default folders.</param>
    /// <exception cref="InputException">The name is unknown, files are missing (the message lists the files and the searched folders), or files are damaged.</exception>
    public static ImageSet Load(string name, DatasetSplit split, string? dataDirectory = null) => Load(name, split, Folders(dataDirectory));

    /// <summary>
    /// As <see cref="Load(string, DatasetSplit, string?)"/>. If MNIST's images exist without their labels, the images are
    /// <see cref="ImageSet.Unlabelled"/>.
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

            return new ImageSet(IdxReader.Read(images, labelsPath: null, name), ["its labels are missing, so each image is of the class that the model gives it"]);
        }
    }

    /// <summary>The folder for data sets: the given folder, or that of <c>ZO_DATA</c>, or the user's <c>zo/data</c>.</summary>
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
            $"The {(split == DatasetSplit.Train ? "training" : "test")} images of {name} were not found: searched for {string.Join(choices.Length > 1 ? " or " : ", ", choices.SelectMany(files => files))} "
            + $"(plain or .gz) in {string.Join(", ", places.Select(place => Describe(place, choices[0])))}; download it, or name the folder that holds it.") { Argument = "Dataset" };
    }

    /// <summary>The path of a file in a folder, plain or gzipped; null if it does not exist.</summary>
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

    // A folder with some of the files is probably the intended one, so the message lists its missing files.
    private static string Describe(string place, string[] files)
    {
        string[] lacking = [.. files.Where(file => Find(place, file) is null)];
        return lacking.Length < files.Length ? $"{place} (which lacks {string.Join(", ", lacking)})" : place;
    }
}
