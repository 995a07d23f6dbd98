using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MLNet.ZerothOrder;

/// <summary>Creates the mapping of a saved attack. It attacks a row when one of its values is read.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SavedAttackFactory : CustomMappingFactory<SavedInput, SavedOutput>
{
    public const string Contract = "MLNet.ZerothOrder.BlackBoxAttack";

    public override Action<SavedInput, SavedOutput> GetMapping()
    {
        // All rows have the same state, so the classifier is opened once, by the first row.
        var gate = new Lock();
        (BlackBoxAttackTransformer Attack, ClassLabels Labels)? opened = null;
        return (input, output) =>
        {
            if (opened is null)
            {
                lock (gate)
                {
                    opened ??= Open(input.State.ToString());
                }
            }

            (BlackBoxAttackTransformer attack, ClassLabels labels) = opened.Value;
            var row = new float[attack.Dimension];
            VBuffer<float> pixels = input.Pixels;
            pixels.CopyTo(row);
            RowOutcome outcome = attack.Run(row, [labels.Class(input.Label.ToString())], 0)[0];
            output.SetRow(outcome.Adversarial.Span);
            output.AdversarialLabel = labels.Text(outcome.Label);
            output.Success = outcome.Success;
            output.Queries = outcome.Queries;
            output.QueriesToSuccess = outcome.QueriesToSuccess;
            output.Distortion = outcome.Distortion;
        };
    }

    private static (BlackBoxAttackTransformer Attack, ClassLabels Labels) Open(string json)
    {
        AttackState state = AttackState.FromJson(json);
        var context = new MLContext();
        return (SavedAttack.Open(context, state), new ClassLabels(state.Label!, state.LabelColumnName, state.ClassNames));
    }
}
