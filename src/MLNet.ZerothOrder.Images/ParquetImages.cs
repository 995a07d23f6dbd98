using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace MLNet.ZerothOrder.Data;

/// <summary>
/// Reads Parquet files of pictures, as Hugging Face's data sets have them: a column of encoded pictures (JPEG, PNG, …), alone or as the part <c>bytes</c> of a column <c>image</c>, and a column of labels, whose names the
/// file's metadata may give. Pictures stay encoded in memory and are decoded when they are needed.
/// </summary>
public static class ParquetImages
{
    private const string Bytes = "bytes";
    private const int MostTold = 5;

    // Of all pictures of a file, encoded.
    private const long MostBytes = 1L << 32;

    // Hugging Face's libraries keep the description of the columns here.
    private const string Description = "huggingface";

    // Data sets with two columns of labels, such as CIFAR-100, call the one that is meant so.
    private const string FineLabel = "fine_label";

    /// <summary>Reads images of any size, to be fitted to a model's size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="labelsPath">Labels in any format of <see cref="Labels.Read"/>; null for the column of labels.</param>
    /// <param name="name">The name of the set; null for the name of the file.</param>
    /// <param name="classes">The names of the model's classes, to which those of the file are matched; null to take the file's indices as they are.</param>
    /// <param name="fit">How pictures get a model's size, as for <see cref="ImageFolder.Read"/>.</param>
    /// <exception cref="InputException">The file cannot be read, or has no column of pictures or of labels.</exception>
    public static ImageSet Read(string path, string? labelsPath = null, string? name = null, ClassNames? classes = null, PictureFit? fit = null)
    {
        using InputFile file = InputFile.Open(path);
        (byte[]?[] pictures, string?[]? labels, string? column, string[]? names) = Load(file);
        if (labels is null && labelsPath is null)
        {
            throw new InputException($"{path}: has no column of labels (label, class, …); give their labels file too.") { Argument = "Labels" };
        }

        LabelList list = labelsPath is not null ? Labels.Of(labelsPath, pictures.Length, classes) : OfColumn(file, labels!, classes is null ? null : names, classes);
        string? told = labelsPath is not null ? null
            : names is null || classes is not null ? $"column {column} of {Path.GetFileName(path)} was taken as labels"
            : $"column {column} of {Path.GetFileName(path)} was taken as labels, with the names {string.Join(", ", names.Take(MostTold))}{(names.Length > MostTold ? ", …" : "")}";
        return Open(path, pictures, list.Values, name, fit, [.. told is null ? [] : (string[])[told], .. list.Assumptions]);
    }

    /// <summary>Reads all images as <see cref="ImageSet.Unlabelled"/>. A column of labels does not count.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name of the set; null for the name of the file.</param>
    /// <param name="fit">How pictures get a model's size, as for <see cref="ImageFolder.Read"/>.</param>
    /// <exception cref="InputException">The file cannot be read, or has no column of pictures.</exception>
    public static ImageSet ReadUnlabelled(string path, string? name = null, PictureFit? fit = null)
    {
        using InputFile file = InputFile.Open(path);
        byte[]?[] pictures = Load(file).Pictures;
        return Open(path, pictures, [.. Enumerable.Repeat(ImageSet.Unlabelled, pictures.Length)], name, fit, ["each image is of the class that the model gives it"]);
    }

    /// <summary>Whether a file begins as Parquet files do.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static bool IsParquet(string path) => InputFile.Head(path, 4).AsSpan().SequenceEqual("PAR1"u8);

    private static ImageSet Open(string path, byte[]?[] pictures, int[] labels, string? name, PictureFit? fit, string[] assumptions)
    {
        string[] names = [.. pictures.Select((picture, i) => $"{path}: image {i}{PictureKind.Of(picture)?.Ending ?? PictureKind.All[0].Ending}")];
        PictureSource? source = PictureSource.Open(names, i => pictures[i] ?? throw new InputException($"{names[i]}: has no content, but at most a path; put the pictures into the file."), fit, out string?[] errors);
        string[] damaged = [.. errors.OfType<string>()];
        if (source is null)
        {
            throw new InputException($"{path}: none of its {pictures.Length} pictures can be read; {damaged.FirstOrDefault() ?? "it holds none."}");
        }

        int[] read = [.. Enumerable.Range(0, pictures.Length).Where(i => errors[i] is null)];
        var set = new ImageSet(name ?? Path.GetFileName(path), source.Natural, source, [.. read.Select(i => labels[i])], [.. read.Select(i => $"{i}")])
        {
            Warnings = damaged.Length == 0 ? [] : [$"{damaged.Length} of {pictures.Length} pictures of {path} cannot be read and were skipped.", .. damaged.Take(MostTold)],
        };
        return new ImageSet(set, assumptions);
    }

    private static LabelList OfColumn(InputFile file, string?[] labels, string[]? names, ClassNames? classes)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if (string.IsNullOrEmpty(labels[i]) || labels[i] == "-1")
            {
                throw file.Error($"image {i} has no label; give the labels in a file, or attack it as what the model takes it for.", argument: "Labels");
            }

            if (names is not null && int.TryParse(labels[i], out int index) && index < names.Length)
            {
                labels[i] = names[index];
            }
        }

        return LabelText.Of(file, labels!, classes);
    }

    private static (byte[]?[] Pictures, string?[]? Labels, string? Column, string[]? Names) Load(InputFile file)
    {
        try
        {
            return LoadAsync(file).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not InputException)
        {
            throw file.Error($"cannot be read as Parquet ({e.Message.Split('\n')[0].TrimEnd('.', '\r')}); it is cut off or damaged, so copy or save it again.", e);
        }
    }

    private static async Task<(byte[]?[] Pictures, string?[]? Labels, string? Column, string[]? Names)> LoadAsync(InputFile file)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(file.Path).ConfigureAwait(false);
        DataField[] fields = [.. reader.Schema.GetDataFields().Where(field => field.MaxRepetitionLevel == 0)];
        DataField[] encoded = [.. fields.Where(field => field.ClrType == typeof(ReadOnlyMemory<byte>))];
        DataField images = encoded.FirstOrDefault(field => field.Name == Bytes) ?? encoded.FirstOrDefault()
            ?? throw file.Error($"has no column of encoded pictures, only {string.Join(", ", fields.Take(MostTold).Select(field => field.Path))}{(fields.Length > MostTold ? ", …" : "")}; give a file whose column image has their bytes.");
        DataField[] candidates = [.. fields.Where(field => field.Path.Length == 1 && Texts.ContainsKey(field.ClrType))];
        DataField? labels = Array.Find(candidates, field => LabelText.IsLabelHeading(field.Name)) ?? Array.Find(candidates, field => field.Name == FineLabel);
        var pictures = new List<byte[]?>();
        var read = new List<string?>();
        long bytes = 0;
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
            bytes += rows.GetMetadata(images)?.MetaData?.TotalUncompressedSize ?? 0;
            if (rows.RowCount + pictures.Count > DataLimits.MostImages || bytes is < 0 or > MostBytes)
            {
                throw file.Error($"holds more than {DataLimits.MostImages} images or {MostBytes >> 30} GiB, which are the limits; split it.");
            }

            var contents = new byte[]?[rows.RowCount];
            await rows.ReadAsync(images, contents.AsMemory()).ConfigureAwait(false);
            pictures.AddRange(contents);
            if (labels is not null)
            {
                read.AddRange(await Texts[labels.ClrType](rows, labels).ConfigureAwait(false));
            }
        }

        return ([.. pictures], labels is null ? null : [.. read], labels?.Name, labels is null ? null : Names(reader.CustomMetadata, labels.Name));
    }

    // How a column of labels of each type is read.
    private static readonly Dictionary<Type, Func<ParquetRowGroupReader, DataField, Task<string?[]>>> Texts = new()
    {
        [typeof(long)] = Numbers<long>,
        [typeof(int)] = Numbers<int>,
        [typeof(short)] = Numbers<short>,
        [typeof(sbyte)] = Numbers<sbyte>,
        [typeof(ulong)] = Numbers<ulong>,
        [typeof(uint)] = Numbers<uint>,
        [typeof(ushort)] = Numbers<ushort>,
        [typeof(byte)] = Numbers<byte>,
        [typeof(ReadOnlyMemory<char>)] = async (rows, field) =>
        {
            var values = new string?[rows.RowCount];
            await rows.ReadAsync(field, values.AsMemory()).ConfigureAwait(false);
            return values;
        },
    };

    private static async Task<string?[]> Numbers<T>(ParquetRowGroupReader rows, DataField field)
        where T : struct
    {
        if (!field.IsNullable)
        {
            var values = new T[rows.RowCount];
            await rows.ReadAsync(field, values.AsMemory()).ConfigureAwait(false);
            return [.. values.Select(value => value.ToString())];
        }

        var optional = new T?[rows.RowCount];
        await rows.ReadAsync(field, optional.AsMemory()).ConfigureAwait(false);
        return [.. optional.Select(value => value?.ToString())];
    }

    // Names of classes in the description of the columns; null where there are none.
    private static string[]? Names(Dictionary<string, string>? metadata, string column)
    {
        try
        {
            if (metadata?.GetValueOrDefault(Description) is not { } text)
            {
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(text);
            return [.. document.RootElement.GetProperty("info").GetProperty("features").GetProperty(column).GetProperty("names").EnumerateArray().Select(name => name.GetString()!)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A column of plain numbers has no names.
            return null;
        }
    }
}
