using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MLNet.ZerothOrder;

/// <summary>
/// An attack in a form that ML.NET can save. ML.NET restores only its own classes. The attack is therefore saved as a chain of them: a
/// constant, a value map from the constant to the state of the attack, and a custom mapping that attacks row by row with this state.
/// </summary>
internal static class SavedAttack
{
    public const string Prefix = "MLNet.ZerothOrder.";
    public const string Anchor = Prefix + "Anchor";
    public const string State = Prefix + "State";
    public const string Pixels = Prefix + "Pixels";
    public const string Label = Prefix + "Label";
    public const string AdversarialLabel = Prefix + "AdversarialLabel";
    public const string Part = Prefix + "Part";

    /// <summary>Creates the chain.</summary>
    /// <param name="context">The context of ML.NET.</param>
    /// <param name="state">The state of the attack.</param>
    /// <param name="images">The stages that turn the attacked column into pixels, which begin the chain; null if it is a vector.</param>
    public static ITransformer Chain(MLContext context, AttackState state, ImageStages? images)
    {
        if (state.Dimension >= 1 << SavedOutput.Parts)
        {
            throw new InputException($"Rows of {state.Dimension} values are too long to be saved; the limit is {(1 << SavedOutput.Parts) - 1} values.");
        }

        string[] parts =
        [
            .. Enumerable.Range(0, SavedOutput.Parts).Reverse().Where(k => (state.Dimension & (1 << k)) != 0)
                .Select(k => Part + k.ToString(CultureInfo.InvariantCulture)),
        ];
        TransformsCatalog ml = context.Transforms;
        var builder = new DataViewSchema.Builder();
        string pixels = images?.PixelColumn ?? state.InputColumnName;
        builder.AddColumn(pixels, new VectorDataViewType(NumberDataViewType.Single, state.Dimension));
        state.Label!.AddTo(builder, state.LabelColumnName);
        var empty = new RowsView(builder.ToSchema(), 0, (_, _) => { });
        ITransformer attack = ml.CopyColumns(Pixels, pixels)
            .Append(ToText(context, state))
            .Append(ml.CustomMapping(new SavedAnchorFactory().GetMapping(), SavedAnchorFactory.Contract))
            .Append(ml.Conversion.MapValue(State, [KeyValuePair.Create(SavedAnchor.Value, state.ToJson())], Anchor))
            .Append(ml.CustomMapping(new SavedAttackFactory().GetMapping(), SavedAttackFactory.Contract))
            .Append(ml.Concatenate(AttackColumns.Adversarial, parts))
            .Append(FromText(context, state))
            .Append(ml.DropColumns([Anchor, State, Pixels, Label, AdversarialLabel, .. Enumerable.Range(0, SavedOutput.Parts).Select(k => Part + k.ToString(CultureInfo.InvariantCulture))]))
            .Fit(empty);
        return images is null ? attack : new TransformerChain<ITransformer>([.. TransformerTarget.Stages(images.Before), .. TransformerTarget.Stages(attack)]);
    }

    /// <summary>Creates the transformer with this state.</summary>
    public static BlackBoxAttackTransformer Open(MLContext context, AttackState state)
    {
        var target = BlackBoxTarget.From(state.Target!, context);
        return new BlackBoxAttackTransformer(context, state, state.Target!.ImageColumn is not null
            ? target.Open(context, state.Target, state.Attack.Scores)
            : state.Constraints is null ? target.Open(context, state.Dimension, state.Minimum, state.Maximum, state.Attack.Scores)
            : target.Open(context, state.Dimension, 0, 1, state.Attack.Scores));
    }

    /// <summary>The state in a loaded chain; null if the chain is not a saved attack.</summary>
    public static AttackState? Read(TransformerChain<ITransformer> chain, MLContext context)
    {
        ITransformer[] steps = [.. chain];
        int at = Array.FindIndex(steps, step => step is CustomMappingTransformer<NoColumns, SavedAnchor>);
        if (at < 0 || at + 1 >= steps.Length)
        {
            return null;
        }

        IDataView one = steps[at + 1].Transform(context.Data.LoadFromEnumerable([new SavedAnchor { Anchor = SavedAnchor.Value }]));
        return AttackState.FromJson(one.GetColumn<string>(State).Single());
    }

    private static IEstimator<ITransformer> ToText(MLContext context, AttackState state)
    {
        TransformsCatalog ml = context.Transforms;
        switch (state.Label!.Kind)
        {
            case LabelKind.Text:
                return ml.CopyColumns(Label, state.LabelColumnName);
            case LabelKind.KeyOfNames:
                return ml.Conversion.MapKeyToValue(Label, state.LabelColumnName).Append(ml.Conversion.ConvertType(Label, Label, DataKind.String));
            case LabelKind.Key:
                IDataView keys = Keys(context, state);
                keys = ml.CopyColumns(Label, nameof(KeyValue.Value))
                    .Append(ml.Conversion.MapValueToKey(nameof(KeyValue.Value), nameof(KeyValue.Value), keyData: keys)).Fit(keys).Transform(keys);
                return ml.Conversion.MapValue(Label, keys, keys.Schema[nameof(KeyValue.Value)], keys.Schema[Label], state.LabelColumnName);
            default:
                return ml.Conversion.ConvertType(Label, state.LabelColumnName, DataKind.String);
        }
    }

    private static IEstimator<ITransformer> FromText(MLContext context, AttackState state)
    {
        TransformsCatalog ml = context.Transforms;
        return state.Label!.Kind switch
        {
            LabelKind.Text => ml.CopyColumns(AttackColumns.AdversarialLabel, AdversarialLabel),
            LabelKind.Int32 => ml.Conversion.ConvertType(AttackColumns.AdversarialLabel, AdversarialLabel, DataKind.Int32),
            LabelKind.UInt32 => ml.Conversion.ConvertType(AttackColumns.AdversarialLabel, AdversarialLabel, DataKind.UInt32),
            LabelKind.Boolean => ml.Conversion.ConvertType(AttackColumns.AdversarialLabel, AdversarialLabel, DataKind.Boolean),
            _ => ml.Conversion.ConvertType(AttackColumns.AdversarialLabel, AdversarialLabel, state.Label!.KeyValueType)
                .Append(ml.Conversion.MapValueToKey(AttackColumns.AdversarialLabel, AttackColumns.AdversarialLabel, keyData: Keys(context, state))),
        };
    }

    // The values keep the order of their keys, so that the same value gets the same key.
    private static IDataView Keys(MLContext context, AttackState state)
    {
        IEnumerable<string> values = state.Label!.KeyValues
            ?? Enumerable.Range(1, (int)state.Label!.KeyCount).Select(k => k.ToString(CultureInfo.InvariantCulture));
        IDataView texts = context.Data.LoadFromEnumerable(values.Select(value => new KeyValue { Value = value }));
        return context.Transforms.Conversion.ConvertType(nameof(KeyValue.Value), nameof(KeyValue.Value), state.Label!.KeyValueType)
            .Append(context.Transforms.SelectColumns(nameof(KeyValue.Value))).Fit(texts).Transform(texts);
    }

    private sealed class KeyValue
    {
        public string Value { get; set; } = "";
    }
}
