namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads the binary version of CIFAR-10: records of one label byte (0..9) and 3 × 32 × 32 pixel bytes, in the planes red, green and
/// blue; plain or gzipped (detected by content).
/// </summary>
public static class CifarReader
{
    internal const int Classes = 10;
    private const int MostFileBytes = 1 << 30;
    private static readonly ImageShape Shape = new(3, 32, 32);

    /// <summary>Reads the files in order into one set, pixels scaled from 0..255 to [0, 1].</summary>
    /// <exception cref="ArgumentException">The list of files is empty.</exception>
    /// <exception cref="InputException">A file cannot be read, is empty, is cut off inside a record, or has a label above 9.</exception>
    public static ImageSet Read(IReadOnlyList<string> paths, string name = "cifar10")
    {
        if (paths.Count == 0)
        {
            throw new ArgumentException("The list of files is empty; give at least one file.", nameof(paths));
        }

        int record = 1 + Shape.Length;
        var contents = new byte[paths.Count][];
        long count = 0;
        for (int f = 0; f < contents.Length; f++)
        {
            using InputFile file = InputFile.Open(paths[f]);
            contents[f] = file.ReadAll(MostFileBytes);
            count += Math.DivRem(contents[f].Length, record, out int rest);
            if (rest != 0 || contents[f].Length == 0)
            {
                throw file.Error(
                    $"ends at byte {contents[f].Length}, which is not the end of a record of {record} bytes; give the binary version of CIFAR-10. If it is the binary version, copy or download it again.");
            }
        }

        float[] pixels = DataLimits.Allocate(paths[0], count, Shape);
        var labels = new int[count];
        int image = 0;
        for (int f = 0; f < contents.Length; f++)
        {
            for (int at = 0; at < contents[f].Length; at += record, image++)
            {
                labels[image] = contents[f][at];
                if (labels[image] >= Classes)
                {
                    throw new InputException(
                        $"{paths[f]}: the label byte of record {at / record} (byte {at}) is {labels[image]}, not 0..{Classes - 1}; give the binary version of CIFAR-10.");
                }

                IdxReader.FromBytes(contents[f].AsSpan(at + 1, Shape.Length), pixels.AsSpan(image * Shape.Length));
            }
        }

        return new ImageSet(name, Shape, pixels, labels);
    }
}
