namespace MLNet.ZerothOrder.Data;

/// <summary>The source and the files of a public data set.</summary>
/// <param name="Name">The name, also of its sub-folder.</param>
/// <param name="Mirrors">Web folders that each hold the whole set, in the order in which they are tried.</param>
/// <param name="Archive">The .tar.gz with the files; null if the files are served one by one, gzipped.</param>
/// <param name="Files">The files.</param>
internal sealed record DatasetSource(string Name, IReadOnlyList<Uri> Mirrors, DatasetFile? Archive, IReadOnlyList<DatasetFile> Files)
{
    public static readonly DatasetSource Mnist = new(
        "mnist",
        [new("https://ossci-datasets.s3.amazonaws.com/mnist/"), new("https://storage.googleapis.com/cvdf-datasets/mnist/")],
        null,
        [
            new("train-images-idx3-ubyte", 47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            new("train-labels-idx1-ubyte", 60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            new("t10k-images-idx3-ubyte", 7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            new("t10k-labels-idx1-ubyte", 10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ]);

    public static readonly DatasetSource Cifar10 = new(
        "cifar10",
        [new("https://www.cs.toronto.edu/~kriz/")],

        // The SHA-256 of the archive and of the test batch were published by others. Their sums of the five other batches agree with
        // those that we computed; we had no copy of these two.
        new("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        [
            new("data_batch_1.bin", 30_730_000, "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            new("data_batch_2.bin", 30_730_000, "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            new("data_batch_3.bin", 30_730_000, "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            new("data_batch_4.bin", 30_730_000, "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            new("data_batch_5.bin", 30_730_000, "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            new("test_batch.bin", 30_730_000, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ]);

    /// <exception cref="InputException">The name is unknown.</exception>
    public static DatasetSource Find(string name) => name switch
    {
        "mnist" => Mnist,
        "cifar10" => Cifar10,
        _ => throw new InputException($"The data set {InputFile.Quote(name)} is unknown; give mnist or cifar10."),
    };
}
