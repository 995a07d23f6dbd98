using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>A fitted ML.NET model as a target, queried with one data view per batch.</summary>
internal sealed class TransformerTarget(ITransformer model, string inputColumn, string scoreColumn) : BlackBoxTarget
{
    internal static TransformerTarget Loaded(SavedTarget saved, MLContext context)
    {
        using var stream = new MemoryStream(saved.Model!);
        return new TransformerTarget(context.Model.Load(stream, out _), saved.InputColumn!, saved.ScoreColumn!);
    }

    internal override OpenTarget Open(MLContext context, int dimension, float minimum, float maximum, ScoreKind? scores)
    {
        DataViewSchema schema = RowsView.SchemaOf(inputColumn, dimension);
        DataViewSchema output;
        try
        {
            output = model.GetOutputSchema(schema);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new InputException(
                $"The model does not run with only a column '{inputColumn}' of {dimension} floats ({e.Message.ReplaceLineEndings(" ")}); give the part of the model after that column, such as the chain's LastTransformer.", e);
        }

        if (output.GetColumnOrNull(scoreColumn) is not { } score)
        {
            throw new InputException($"The model gives no column '{scoreColumn}'; it gives {string.Join(", ", output.Where(c => !c.IsHidden).Select(c => c.Name))}.");
        }

        int classes = score.Type switch
        {
            NumberDataViewType type when type == NumberDataViewType.Single => 1,
            VectorDataViewType { Size: > 1 } type when type.ItemType == NumberDataViewType.Single => type.Size,
            _ => throw new InputException($"The model's column '{scoreColumn}' is of type {score.Type}; name the column of its scores, a Single or a vector of at least 2."),
        };
        return new OpenTarget(
            new TransformerOracle(model, schema, scoreColumn, classes, minimum, maximum), new ImageShape(1, 1, dimension), false, Names(output, score, classes), "the model", Save);

        SavedTarget Save()
        {
            using var stream = new MemoryStream();
            context.Model.Save(model, schema, stream);
            return new SavedTarget { Model = stream.ToArray(), InputColumn = inputColumn, ScoreColumn = scoreColumn };
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
