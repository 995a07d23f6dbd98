using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads classes from a file: an IDX file of labels (also QMNIST's, whose first column are the labels), a .npy array of integers or a member of a .npz archive
/// (<c>x.npz:name</c>), or text with a class index or the name of a class per line, or a table with one; each plain or gzipped. The format is detected by content.
/// </summary>
public static class Labels
{
    /// <summary>Reads the labels of a set of images.</summary>
    /// <param name="path">The labels file.</param>
    /// <param name="count">The number of images. The file must have as many labels.</param>
    /// <param name="names">
    /// The names of the images, for a <c>file</c> column; its lines may be in any order. Null to use the index of an image as its name.
    /// </param>
    /// <param name="classes">The names of the classes, for labels that are names; null to number the names in ordinal order.</param>
    /// <returns>One class index per image, in the images' order.</returns>
    /// <exception cref="InputException">
    /// The file cannot be read, has too few or too many labels, a label that is neither an integer of at least 0 nor a name of a class, an image
    /// that does not exist, or the same image twice.
    /// </exception>
    public static int[] Read(string path, int count, IReadOnlyList<string>? names = null, ClassNames? classes = null) => Of(path, count, classes, names).Values;

    /// <summary>The labels of a set of images as <see cref="Read"/> returns them, with what was taken for granted.</summary>
    internal static LabelList Of(string path, int count, ClassNames? classes, IReadOnlyList<string>? names = null)
    {
        LabelList list = ReadList(path, count, classes);
        if (list.Values.Length != count)
        {
            string where = list.Values.Length < count && list.Lines.Count > 0 ? $" ({string.Join("; ", list.Assumptions.Prepend($"{list.Place(list.Values.Length)} is missing"))})" : "";
            throw new InputException($"{path}: holds {list.Values.Length} labels for {count} images{where}; give one label per image.");
        }

        return list.Files is null ? list : list with { Values = Match(path, list, list.Files, names) };
    }

    internal static LabelList ReadList(string path, int? count = null, ClassNames? classes = null)
    {
        path = NpyHeader.Member(path, header => header.IsLabels && (count is null || header.Shape[0] == count)) ?? path;
        ReadOnlySpan<byte> head = InputFile.Head(path, 4);
        return head switch
        {
            [0, 0, ..] => new LabelList(IdxReader.ReadLabels(path)),
            _ when NpyHeader.IsNpy(head) => new LabelList(NpyReader.ReadLabels(path)),
            _ => LabelText.Read(path, classes),
        };
    }

    private static int[] Match(string path, LabelList list, string[] files, IReadOnlyList<string>? names)
    {
        var indices = new Dictionary<string, int>(files.Length, StringComparer.Ordinal);
        for (int i = 0; i < files.Length; i++)
        {
            indices[names?[i] ?? i.ToString(CultureInfo.InvariantCulture)] = i;
        }

        var labels = new int[files.Length];
        var isLabelled = new bool[files.Length];
        for (int i = 0; i < files.Length; i++)
        {
            if (!indices.TryGetValue(files[i], out int image))
            {
                string known = names is null ? $"use the index of an image in the array, 0..{files.Length - 1}, as its name" : $"name the images as in {InputFile.Quote(names[0])}";
                throw new InputException($"{path}: {list.Place(i)} names the image {InputFile.Quote(files[i])}, which does not exist; {known}.");
            }

            if (isLabelled[image])
            {
                throw new InputException($"{path}: {list.Place(i)} names the image {InputFile.Quote(files[i])} a second time; give each image one label.");
            }

            labels[image] = list.Values[i];
            isLabelled[image] = true;
        }

        return labels;
    }
}
