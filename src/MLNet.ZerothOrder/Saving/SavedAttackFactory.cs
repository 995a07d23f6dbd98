using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MLNet.ZerothOrder;

/// <summary>Makes a saved attack's own step, which attacks a row when one of its values is asked for.</summary>
[CustomMappingFactoryAttribute(Contract)]
internal sealed class SavedAttackFactory : CustomMappingFactory<SavedInput, SavedOutput>
{
    public const string Contract = "MLNet.ZerothOrder.BlackBoxAttack";

    public override Action<SavedInput, SavedOutput> GetMapping()
    {
        // The state is the same in every row; its classifier is opened once, by whoever comes first.
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
        return (SavedAttack.Open(context, state), new ClassLabels(state.Label, state.LabelColumnName, state.ClassNames));
    }
}
