using System.IO.Compression;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A fitted ML.NET model as a target, queried with one data view per batch, or, if it is an ONNX model, with one call per batch.</summary>
internal sealed class TransformerTarget(ITransformer model, string inputColumn, string scoreColumn) : BlackBoxTarget
{
    // An int in front of the bytes of the ONNX model states their number.
    private const int OnnxHeader = sizeof(int);

    internal static TransformerTarget Loaded(SavedTarget saved, MLContext context)
    {
        using var stream = new MemoryStream(saved.Model!);
        return new TransformerTarget(context.Model.Load(stream, out _), saved.InputColumn!, saved.ScoreColumn!);
    }

    /// <summary>The stages of a model, with those of chains inside it; the model itself if it is no chain.</summary>
    internal static IEnumerable<ITransformer> Stages(ITransformer model) => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Stages) : [model];

    internal override ImageStages Images(MLContext context, DataViewSchema schema, string column)
    {
        if (column == inputColumn)
        {
            return ImageStages.Of(context, model, schema);
        }

        ITransformer copy = context.Transforms.CopyColumns(inputColumn, column).Fit(new RowsView(schema, 0, (_, _) => { }));
        return ImageStages.Of(context, new TransformerChain<ITransformer>(copy, model), schema);
    }

    internal override OpenTarget Open(MLContext context, ImageStages images, ScoreKind? scores)
    {
        OpenTarget pixels = new TransformerTarget(images.After, images.PixelColumn, scoreColumn).Open(context, images.Pixels, images.Minimum, images.Maximum, scores, (images.Shape, images.IsInterleaved));
        return pixels with { Images = images, Save = Save };

        // The schema of a view of images cannot be saved.
        SavedTarget Save() => Saved(context, new TransformerChain<ITransformer>(images.Before, images.After), null) with { ImageColumn = images.ImageColumn, ImageHeight = images.Height, ImageWidth = images.Width };
    }

    internal override OpenTarget Open(MLContext context, SavedTarget saved, ScoreKind? scores) =>
        Open(context, ImageStages.Of(context, model, null, saved), scores);

    internal override OpenTarget Open(MLContext context, int dimension, float minimum, float maximum, ScoreKind? scores) => Open(context, dimension, minimum, maximum, scores, null);

    // Optimizers for images need the image's shape. A column does not have it, but the images of a column of images and the input of an ONNX model do.
    private OpenTarget Open(MLContext context, int dimension, float minimum, float maximum, ScoreKind? scores, (ImageShape Shape, bool IsInterleaved)? image)
    {
        DataViewSchema schema = RowsView.SchemaOf(inputColumn, dimension);
        DataViewSchema output = OutputOf(schema, $"a column '{inputColumn}' of {dimension} floats", "give the part of the model after that column, such as the chain's LastTransformer");
        int classes = Classes(output, out DataViewSchema.Column score);
        IReadOnlyList<string>? names = Names(output, score, classes);
        ITransformer[] stages = [.. Stages(model)];
        if (stages.FirstOrDefault(stage => stage.GetType().FullName == "Microsoft.ML.Transforms.Onnx.OnnxTransformer") is { } stage
            && OnnxModel(context, stage, minimum, maximum, scores, stages.Length == 1 ? scoreColumn : null) is { } onnx)
        {
            bool isImage = onnx.InputLength == dimension, isInterleaved = OnnxTarget.IsInterleaved(onnx);
            if (isImage && stages.Length == 1 && classes > 1 && onnx.ScoreLength == classes)
            {
                // ML.NET calls an ONNX model once per row. A model of this one stage is opened without ML.NET and called with whole batches.
                return new OpenTarget(onnx, onnx.Info.Image, isInterleaved, names, "the model", Save);
            }

            image ??= isImage ? (onnx.Info.Image, isInterleaved) : null;
            onnx.Dispose();
        }

        (ImageShape shape, bool interleaved) = image ?? (new ImageShape(1, 1, dimension), false);
        return new OpenTarget(new TransformerOracle(model, dimension, View, scoreColumn, classes, scores), shape, interleaved, names, "the model", Save);

        SavedTarget Save() => Saved(context, model, schema);

        IDataView View(long count, Func<long, ReadOnlyMemory<float>> rows) => new RowsView(schema, count, (row, values) =>
        {
            Planes.Arrange(rows(row).Span, values, interleaved ? shape.Channels : 1, intoPlanes: false);
            if (maximum - minimum != 1 || minimum != 0)
            {
                TensorPrimitives.Multiply(values, maximum - minimum, values);
                TensorPrimitives.Add(values, minimum, values);
            }
        });
    }

    internal override OpenTarget Open(TableColumns columns, DataViewSchema.Column? label, ScoreKind? scores)
    {
        if (Stages(model).FirstOrDefault(stage => stage.GetType().Name.Contains("Hash", StringComparison.Ordinal)) is { } hash)
        {
            throw new InputException(
                $"The model hashes a column ({hash.GetType().Name}): values that share a hash are the same to it, so a change that succeeds may be an accident of the hash and say nothing about the value; train it with OneHotEncoding instead.") { Argument = "Target" };
        }

        DataViewSchema schema = TableView.SchemaOf(columns, label);
        string names = string.Join(", ", columns.Columns.Select(column => column.Name));
        DataViewSchema output = OutputOf(schema, $"the columns {names}", "name all columns that it reads (InputColumnNames), and make those immutable that must not change");
        int classes = Classes(output, out DataViewSchema.Column score);
        return new OpenTarget(
            new TransformerOracle(model, columns.Count, (count, rows) => new TableView(columns, schema, count, rows), scoreColumn, classes, scores),
            new ImageShape(1, 1, columns.Count), false, Names(output, score, classes), "the model",
            () => throw new InputException("An attack on several columns cannot be saved, because ML.NET restores only classes of its own; save the model and the constraints (FeatureConstraints.ToJson), and fit the attack again."));
    }

    private DataViewSchema OutputOf(DataViewSchema schema, string columns, string remedy)
    {
        try
        {
            return model.GetOutputSchema(schema);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new InputException($"The model does not run with only {columns} ({e.Message.ReplaceLineEndings(" ")}); {remedy}.", e);
        }
    }

    private int Classes(DataViewSchema output, out DataViewSchema.Column score)
    {
        if (output.GetColumnOrNull(scoreColumn) is not { } found)
        {
            throw new InputException($"The model gives no column '{scoreColumn}'; it gives {string.Join(", ", output.Where(c => !c.IsHidden).Select(c => c.Name))}.");
        }

        score = found;
        return score.Type switch
        {
            NumberDataViewType type when type == NumberDataViewType.Single => 1,
            VectorDataViewType { Size: > 1 } type when type.ItemType == NumberDataViewType.Single => type.Size,
            _ => throw new InputException($"The model's column '{scoreColumn}' is of type {score.Type}; name the column of its scores, a Single or a vector of at least 2."),
        };
    }

    private SavedTarget Saved(MLContext context, ITransformer saved, DataViewSchema? schema)
    {
        using var stream = new MemoryStream();
        context.Model.Save(saved, schema, stream);
        return new SavedTarget { Model = stream.ToArray(), InputColumn = inputColumn, ScoreColumn = scoreColumn };
    }

    // The ONNX model of a stage as an oracle; null if it is not one of images and scores.
    private static OnnxClassifierOracle? OnnxModel(MLContext context, ITransformer stage, float minimum, float maximum, ScoreKind? scores, string? output)
    {
        using var stream = new MemoryStream();
        context.Model.Save(stage, null, stream);
        using var zip = new ZipArchive(stream);
        if (zip.Entries.FirstOrDefault(entry => entry.Name == "OnnxModel") is not { } bytes)
        {
            return null;
        }

        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            using (Stream from = bytes.Open())
            using (FileStream to = File.Create(file))
            {
                from.ReadExactly(new byte[OnnxHeader]);
                from.CopyTo(to);
            }

            return OnnxTarget.Load(file, OnnxTarget.Automatic(context), minimum, maximum, scores, output);
        }
        catch (InputException)
        {
            // ML.NET may still run it.
            return null;
        }
        finally
        {
            File.Delete(file);
        }
    }

    // Trainers leave the values of the labels, in the order of the scores: as an annotation of the scores, as names of their slots where they are texts, and as the values of
    // predicted keys.
    private static string[]? Names(DataViewSchema output, DataViewSchema.Column score, int classes) =>
        classes == 1 ? null
        : new[]
        {
            LabelType.AnnotatedValues(score, "TrainingLabelValues"),
            LabelType.AnnotatedValues(score, "SlotNames"),
            output.GetColumnOrNull("PredictedLabel") is { } predicted ? LabelType.ValuesOfKeys(predicted) : null,
        }.FirstOrDefault(names => names?.Length == classes && names.Distinct().Count() == classes);
}
