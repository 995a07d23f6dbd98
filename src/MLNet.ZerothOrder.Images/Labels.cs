using System.Globalization;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads class indices from a file: an IDX file of labels, a .npy array of integers, or text with one integer or one
/// <c>file,label</c> per line; each plain or gzipped. The format is detected by content.
/// </summary>
public static class Labels
{
    /// <summary>Reads the labels of a set of images.</summary>
    /// <param name="path">The labels file.</param>
    /// <param name="count">The number of images. The file must have as many labels.</param>
    /// <param name="names">
    /// The names of the images, for a <c>file</c> column; its lines may be in any order. Null to use the index of an image as its name.
    /// </param>
    /// <returns>One class index per image, in the images' order.</returns>
    /// <exception cref="InputException">
    /// The file cannot be read, has too few or too many labels, a label that is not an integer of at least 0, an image
    /// that does not exist, or the same image twice.
    /// </exception>
    public static int[] Read(string path, int count, IReadOnlyList<string>? names = null)
    {
        LabelList list = ReadList(path);
        if (list.Values.Length != count)
        {
            string where = list.Values.Length < count && list.FirstLine > 0 ? $" ({list.Place(list.Values.Length)} is missing)" : "";
            throw new InputException($"{path}: holds {list.Values.Length} labels for {count} images{where}; give one label per image.");
        }

        return list.Files is null ? list.Values : Match(path, list, list.Files, names);
    }

    internal static LabelList ReadList(string path)
    {
        ReadOnlySpan<byte> head = InputFile.Head(path, 4);
        return head switch
        {
            [0, 0, ..] => new LabelList(IdxReader.ReadLabels(path), null, 0),
            _ when NpyHeader.IsNpy(head) => new LabelList(NpyReader.ReadLabels(path), null, 0),
            _ => LabelText.Read(path),
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
