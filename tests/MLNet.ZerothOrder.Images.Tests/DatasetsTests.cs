using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

public sealed class DatasetsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("mnist/", "")]
    [InlineData("mnist/", ".gz")]
    public void MNIST_is_found_in_the_folder_or_its_own_sub_folder(string sub, string ending)
    {
        Put($"{sub}t10k-images-idx3-ubyte{ending}", IdxReaderTests.IdxImages(2, 28, 28));
        Put($"{sub}t10k-labels-idx1-ubyte", IdxReaderTests.IdxLabels(7, 2));
        ImageSet set = Datasets.Load("mnist", DatasetSplit.Test, _folder.Path);
        set.Name.ShouldBe("mnist");
        set.Count.ShouldBe(2);
        set.Label(0).ShouldBe(7);
    }

    [Theory]
    [InlineData("cifar10/")]
    [InlineData("cifar-10-batches-bin/")]
    public void CIFAR_10_trains_on_its_five_batches_in_order(string sub)
    {
        for (int i = 1; i <= 5; i++)
        {
            Put($"{sub}data_batch_{i}.bin{(i == 3 ? ".gz" : "")}", CifarReaderTests.Batch((byte)i));
        }

        ImageSet set = Datasets.Load("cifar10", DatasetSplit.Train, _folder.Path);
        Enumerable.Range(0, 5).Select(set.Label).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public void The_whole_test_batch_goes_before_its_first_thousand()
    {
        Put("test_batch_first1000.bin.gz", CifarReaderTests.Batch(1));
        Datasets.Load("cifar10", DatasetSplit.Test, _folder.Path).Label(0).ShouldBe(1);
        Put("cifar10/test_batch.bin", CifarReaderTests.Batch(2));
        Datasets.Load("cifar10", DatasetSplit.Test, _folder.Path).Label(0).ShouldBe(2);
    }

    [Fact]
    public void Folders_are_searched_in_their_order()
    {
        Put("second/test_batch.bin", CifarReaderTests.Batch(2));
        string[] folders = [_folder.At("first"), _folder.At("second")];
        Datasets.Load("cifar10", DatasetSplit.Test, folders).Label(0).ShouldBe(2);
        Put("first/test_batch.bin", CifarReaderTests.Batch(1));
        Datasets.Load("cifar10", DatasetSplit.Test, folders).Label(0).ShouldBe(1);
    }

    [Fact]
    public void What_is_missing_is_said_with_places_and_remedies()
    {
        Refused.With(
            () => Datasets.Load("mnist", DatasetSplit.Train, _folder.Path),
            "training images of mnist", "train-images-idx3-ubyte, train-labels-idx1-ubyte", _folder.Path, _folder.At("mnist"), "name the folder that holds it");
        Put("cifar10/data_batch_1.bin", CifarReaderTests.Batch(1));
        Refused.With(
            () => Datasets.Load("cifar10", DatasetSplit.Train, _folder.Path),
            _folder.At("cifar10") + " (which lacks data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin)");
        Refused.With(() => Datasets.Load("cifar10", DatasetSplit.Test, _folder.Path), "test_batch.bin or test_batch_first1000.bin");
        Refused.With(() => Datasets.Load("imagenet", DatasetSplit.Test, _folder.Path), "\"imagenet\"", "mnist or cifar10");
    }

    [Fact]
    public void A_folder_given_is_the_only_one()
    {
        Datasets.Folder(_folder.Path).ShouldBe(_folder.Path);
        Datasets.Folder().ShouldNotBeNullOrEmpty();
    }

    [SkippableFact]
    public void The_true_MNIST_test_images_have_the_known_number_of_each_digit()
    {
        SkipWithout("mnist", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
        ImageSet set = Datasets.Load("mnist", DatasetSplit.Test);
        set.Shape.ShouldBe(new ImageShape(1, 28, 28));
        CountLabels(set).ShouldBe([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
        Mean(set).ShouldBe(0.13251459, 1e-6); // The mean pixel that the literature gives as 0.1325.
    }

    [SkippableFact]
    public void The_true_MNIST_training_images_have_the_known_number_of_each_digit()
    {
        SkipWithout("mnist", "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
        CountLabels(Datasets.Load("mnist", DatasetSplit.Train)).ShouldBe([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    }

    [SkippableFact]
    public void The_true_CIFAR_10_test_images_start_with_cat_ship_ship_plane()
    {
        SkipWithout("cifar10", "test_batch_first1000.bin");
        ImageSet set = Datasets.Load("cifar10", DatasetSplit.Test);
        set.Shape.ShouldBe(new ImageShape(3, 32, 32));
        Enumerable.Range(0, 4).Select(set.Label).ShouldBe([3, 8, 8, 0]);
    }

    private void Put(string name, byte[] content) => _folder.Write(name, name.EndsWith(".gz") ? TempFolder.Gzip(content) : content);

    private static void SkipWithout(string name, params string[] files)
    {
        string? folder = Environment.GetEnvironmentVariable(Datasets.FolderVariable);
        Skip.If(string.IsNullOrEmpty(folder), $"{Datasets.FolderVariable} names no folder of data sets");
        foreach (string file in files)
        {
            Skip.If(Datasets.Find(folder, file) is null && Datasets.Find(Path.Combine(folder, name), file) is null, $"{folder} has no {file}");
        }
    }

    private static int[] CountLabels(ImageSet set)
    {
        var counts = new int[10];
        for (int i = 0; i < set.Count; i++)
        {
            counts[set.Label(i)]++;
        }

        return counts;
    }

    private static double Mean(ImageSet set)
    {
        double sum = 0;
        for (int i = 0; i < set.Count; i++)
        {
            foreach (float pixel in set.Image(i).Span)
            {
                sum += pixel;
            }
        }

        return sum / ((double)set.Count * set.Shape.Length);
    }
}
