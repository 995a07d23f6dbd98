using Microsoft.ML;
using Microsoft.ML.Data;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class SaveTests : IDisposable
{
    private const int Rows = 18;

    private readonly TempFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> LabelKinds => ["int", "uint", "bool", "text", "key", "key of texts", "key of ints", "key of singles"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_loaded_model_gives_the_same_rows_bit_for_bit()
    {
        string path = Save(Digits.Options, _ml.View(3));
        string[] expected = [.. _ml.Read(_ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(_ml.View(3)).Transform(_ml.View(8))).Select(row => row.Bits)];

        new FileInfo(path).Length.ShouldBeLessThan(1 << 20);
        var other = new MLContext();
        other.ZerothOrder();
        ITransformer loaded = other.Model.Load(path, out DataViewSchema schema);
        schema["Features"].Type.ShouldBe(new VectorDataViewType(NumberDataViewType.Single, Digits.Pixels));
        other.Read(loaded.Transform(other.View(8))).Select(row => row.Bits).ShouldBe(expected);

        ITransformer batched = other.ZerothOrder().Load(path, out _);
        batched.ShouldBeOfType<BlackBoxAttackTransformer>();
        other.Read(batched.Transform(other.View(8))).Select(row => row.Bits).ShouldBe(expected);
    }

    [Fact]
    public void A_whole_pipeline_is_loaded_with_its_attack_inside()
    {
        IEstimator<ITransformer> pipeline = _ml.Transforms.CopyColumns("Image", "Features")
            .Append(_ml.ZerothOrder().BlackBoxAttack(Digits.Options with { InputColumnName = "Image" }))
            .Append(_ml.Transforms.CopyColumns("Found", "Success"));
        ITransformer fitted = pipeline.Fit(_ml.View(3));
        bool[] expected = [.. fitted.Transform(_ml.View(6)).GetColumn<bool>("Found")];
        _ml.Model.Save(fitted, _ml.View(3).Schema, _folder.File("pipeline.zip"));

        _ml.Model.Load(_folder.File("pipeline.zip"), out _).Transform(_ml.View(6)).GetColumn<bool>("Found").ShouldBe(expected);
        ITransformer batched = _ml.ZerothOrder().Load(_folder.File("pipeline.zip"), out _);
        batched.Transform(_ml.View(6)).GetColumn<bool>("Found").ShouldBe(expected);
        ((TransformerChain<ITransformer>)batched).OfType<BlackBoxAttackTransformer>().Count().ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(LabelKinds))]
    public void Labels_of_every_kind_survive(string kind)
    {
        int classes = kind == "bool" ? 2 : 3;
        IDataView data = Labelled(kind, classes);
        ITransformer model = kind == "bool"
            ? _ml.BinaryClassification.Trainers.SdcaLogisticRegression("Is", maximumNumberOfIterations: 20).Fit(data)
            : Points.Linear(_ml, data);
        BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(model),
            LabelColumnName = "Truth",
            ClassNames = kind is "text" or "key of texts" ? [.. Enumerable.Range(0, classes).Select(i => $"class {i}")] : null,
            Attack = Points.Attack,
        }).Fit(data);
        IDataView attacked = attack.Transform(data);
        attacked.Schema["AdversarialLabel"].Type.ShouldBe(data.Schema["Truth"].Type);
        string[] expected = Texts(attacked);
        expected.Length.ShouldBe(Rows);

        // What the attack says is what the model says.
        IDataView rescored = model.Transform(_ml.Transforms.CopyColumns("Features", "Adversarial").Fit(attacked).Transform(attacked));
        int[] predicted = kind == "bool" ? [.. rescored.GetColumn<float>("Score").Select(s => s > 0 ? 1 : 0)]
            : [.. rescored.GetColumn<float[]>("Score").Select(scores => Array.IndexOf(scores, scores.Max()))];
        expected.Select(text => text.Split('|')[0]).ShouldBe(predicted.Select(p => kind switch
        {
            "bool" => p == 1 ? "True" : "False",
            "text" or "key of texts" => $"class {p}",
            "key" => $"{p + 1}",
            _ => $"{p}",
        }));
        attacked.GetColumn<bool>("Success").Count(s => s).ShouldBeGreaterThan(5);

        _ml.Model.Save(attack, data.Schema, _folder.File("model.zip"));
        Texts(_ml.Model.Load(_folder.File("model.zip"), out _).Transform(data)).ShouldBe(expected);
        Texts(_ml.ZerothOrder().Load(_folder.File("model.zip"), out _).Transform(data)).ShouldBe(expected);
    }

    [Fact]
    public void A_bisection_of_c_survives()
    {
        IDataView data = Labelled("key", 3);
        BlackBoxAttackTransformer Fit(int? rounds) => _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions
        {
            Target = _ml.ZerothOrder().FromTransformer(Points.Linear(_ml, data)),
            LabelColumnName = "Truth",
            Attack = Points.Attack with { Loss = Points.Attack.Loss with { BisectionRounds = rounds } },
        }).Fit(data);
        BlackBoxAttackTransformer attack = Fit(3);
        string[] expected = Texts(attack.Transform(data));

        _ml.Model.Save(attack, data.Schema, _folder.File("model.zip"));

        Texts(_ml.Model.Load(_folder.File("model.zip"), out _).Transform(data)).ShouldBe(expected);
        Texts(Fit(null).Transform(data)).ShouldNotBe(expected);
    }

    [Fact]
    public void A_classifier_that_moved_is_named_and_can_be_found_again()
    {
        File.Copy(Digits.LeNet, _folder.File("here.onnx"));
        string path = Save(Digits.Options with { ModelPath = _folder.File("here.onnx") }, _ml.View(3));
        File.Move(_folder.File("here.onnx"), _folder.File("there.onnx"));

        Reading(_ml.Model.Load(path, out _)).Message.ShouldContain("here.onnx' that this transformer was fitted for no longer exists");
        Should.Throw<InputException>(() => _ml.ZerothOrder().Load(path, out _)).Message.ShouldContain("restore it");
        _ml.Read(_ml.ZerothOrder().Load(path, out _, _folder.File("there.onnx")).Transform(_ml.View(2))).Length.ShouldBe(2);
    }

    [Fact]
    public void A_classifier_that_changed_is_refused()
    {
        File.Copy(Digits.LeNet, _folder.File("model.onnx"));
        string path = Save(Digits.Options with { ModelPath = _folder.File("model.onnx") }, _ml.View(3));
        new TinyClassifier { Image = new ImageShape(1, 28, 28), Classes = 10 }.Save(_folder.File("model.onnx"));

        Reading(_ml.Model.Load(path, out _)).Message.ShouldContain("has changed since this transformer was fitted");
        Should.Throw<InputException>(() => _ml.ZerothOrder().Load(path, out _)).Message.ShouldContain("fit again");
    }

    [Fact]
    public void Attacked_rows_survive_as_binary_and_in_a_cache()
    {
        IDataView attacked = _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(_ml.View(3)).Transform(_ml.View(5));
        string[] expected = [.. _ml.Read(attacked).Select(row => row.Bits)];
        using (FileStream stream = File.Create(_folder.File("rows.idv")))
        {
            _ml.Data.SaveAsBinary(attacked, stream);
        }

        _ml.Read(_ml.Data.LoadFromBinary(_folder.File("rows.idv"))).Select(row => row.Bits).ShouldBe(expected);
        _ml.Read(_ml.Data.Cache(attacked)).Select(row => row.Bits).ShouldBe(expected);
    }

    private static Exception Reading(ITransformer loaded)
    {
        Exception e = Should.Throw<Exception>(() => new MLContext().Data.CreateEnumerable<AttackedDigit>(loaded.Transform(new MLContext().View(1)), false).Count());
        while (e is not InputException && e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.ShouldBeOfType<InputException>();
    }

    private string Save(BlackBoxAttackOptions options, IDataView data)
    {
        _ml.Model.Save(_ml.ZerothOrder().BlackBoxAttack(options).Fit(data), data.Schema, _folder.File("attack.zip"));
        return _folder.File("attack.zip");
    }

    private IDataView Labelled(string kind, int classes)
    {
        IDataView data = Points.View(_ml, Rows, classes);
        var conversion = _ml.Transforms.Conversion;
        return (kind switch
        {
            "int" => _ml.Transforms.CopyColumns("Truth", "Label"),
            "uint" => _ml.Transforms.CustomMapping<Points.Point, Unsigned>((from, to) => to.Truth = (uint)from.Label, null),
            "bool" => _ml.Transforms.CopyColumns("Truth", "Is"),
            "text" => _ml.Transforms.CopyColumns("Truth", "Name"),
            "key" => (IEstimator<ITransformer>)_ml.Transforms.CustomMapping<Points.Point, Keyed>((from, to) => to.Truth = (uint)from.Label, null),

            // Keys in another order than the classes.
            "key of texts" => conversion.MapValueToKey("Truth", "Name", keyData: Keys(new[] { "class 2", "class 0", "class 1" })),
            "key of ints" => conversion.MapValueToKey("Truth", "Label", keyData: Keys(new[] { 1, 2, 0 })),
            _ => conversion.ConvertType("Single", "Label", DataKind.Single).Append(conversion.MapValueToKey("Truth", "Single", keyData: Keys(new[] { 1f, 2f, 0f }))),
        }).Fit(data).Transform(data);
    }

    private IDataView Keys<T>(T[] values) => _ml.Data.LoadFromEnumerable(values.Select(value => new Boxed<T> { Value = value }));

    // The adversarial label as text, and the other columns.
    private string[] Texts(IDataView attacked)
    {
        IEnumerable<string> labels = attacked.Schema["AdversarialLabel"].Type switch
        {
            KeyDataViewType when attacked.Schema["AdversarialLabel"].Annotations.Schema.GetColumnOrNull("KeyValues") is not null =>
                _ml.Transforms.Conversion.MapKeyToValue("T", "AdversarialLabel").Append(_ml.Transforms.Conversion.ConvertType("T", "T", DataKind.String)).Fit(attacked).Transform(attacked).GetColumn<string>("T"),
            KeyDataViewType => attacked.GetColumn<uint>("AdversarialLabel").Select(k => $"{k}"),
            _ => _ml.Transforms.Conversion.ConvertType("T", "AdversarialLabel", DataKind.String).Fit(attacked).Transform(attacked).GetColumn<string>("T"),
        };
        return
        [
            .. labels.Zip(attacked.GetColumn<bool>("Success"), attacked.GetColumn<long>("Queries")).Zip(attacked.GetColumn<float>("Distortion"), attacked.GetColumn<float[]>("Adversarial"))
                .Select(row => $"{row.First.First}|{row.First.Second}|{row.First.Third}|{row.Second:R}|{string.Join(',', row.Third)}"),
        ];
    }

    private sealed class Keyed
    {
        [KeyType(3)]
        public uint Truth { get; set; }
    }

    private sealed class Unsigned
    {
        public uint Truth { get; set; }
    }

    private sealed class Boxed<T>
    {
        public T Value { get; set; } = default!;
    }
}
