using Microsoft.ML;
using Microsoft.ML.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class SchemaTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void The_added_columns_have_their_types()
    {
        var shaped = new VectorDataViewType(NumberDataViewType.Single, 28, 28, 1);
        var definition = SchemaDefinition.Create(typeof(Digits.Digit));
        definition["Features"].ColumnType = shaped;
        IDataView rows = _ml.Data.LoadFromEnumerable(Digits.Rows(3), definition);
        rows = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(rows);
        DataViewSchema schema = transformer.GetOutputSchema(rows.Schema);

        schema.Select(c => c.Name).ShouldBe(rows.Schema.Select(c => c.Name).Concat(["Adversarial", "AdversarialLabel", "Success", "Queries", "QueriesToSuccess", "Distortion"]));
        schema["Adversarial"].Type.ShouldBe(shaped);
        schema["AdversarialLabel"].Type.ShouldBe(rows.Schema["Label"].Type);
        schema["AdversarialLabel"].HasKeyValues(NumberDataViewType.Int32).ShouldBeTrue();
        schema["Success"].Type.ShouldBe(BooleanDataViewType.Instance);
        schema["Queries"].Type.ShouldBe(NumberDataViewType.Int64);
        schema["QueriesToSuccess"].Type.ShouldBe(NumberDataViewType.Int64);
        schema["Distortion"].Type.ShouldBe(NumberDataViewType.Single);
        transformer.Transform(rows).Schema.ToString().ShouldBe(schema.ToString());
    }

    [Fact]
    public void The_estimator_foretells_the_transformers_schema()
    {
        IDataView rows = _ml.View(3);
        BlackBoxAttackEstimator estimator = _ml.ZerothOrder().BlackBoxAttack(Digits.Options);
        SchemaShape? foretold = null;

        // What comes after the attack in a chain is handed its shape when the chain is fitted.
        estimator.Append(new Probe(_ml.Transforms.CopyColumns("Copy", "Distortion"), shape => foretold = shape)).Fit(rows);
        DataViewSchema schema = estimator.Fit(rows).GetOutputSchema(rows.Schema);

        SchemaShape own = estimator.GetOutputSchema(_ml.Transforms.CopyColumns("Copy2", "Id").GetOutputSchema(foretold!));
        foreach (DataViewSchema.Column column in schema)
        {
            SchemaShape.Column shape = own.Single(c => c.Name == column.Name);
            shape.ItemType.ShouldBe(column.Type is VectorDataViewType vector ? vector.ItemType : column.Type);
            shape.Kind.ShouldBe(column.Type is VectorDataViewType ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.Scalar);
        }
    }

    [Fact]
    public void A_missing_column_is_named_with_those_that_are_there()
    {
        Refused(Digits.Options with { InputColumnName = "Pixels" }).ShouldBe("Could not find input column 'Pixels'; the columns are Id, Features, Label (Parameter 'inputSchema')");
        Refused(Digits.Options with { LabelColumnName = "Class" }).ShouldBe("Could not find label column 'Class'; the columns are Id, Features, Label (Parameter 'inputSchema')");
    }

    [Fact]
    public void A_column_of_another_type_is_named_with_what_would_be_right()
    {
        Refused(Digits.Options with { InputColumnName = "Id" }).ShouldBe("Schema mismatch for input column 'Id': expected a known-size vector of Single, got Int32 (Parameter 'inputSchema')");
        Refused(Digits.Options with { LabelColumnName = "Features" }).ShouldBe(
            "Schema mismatch for label column 'Features': expected Key<UInt32>, Int32, UInt32, Boolean or String, got Vector<Single, 784> (Parameter 'inputSchema')");
    }

    [Fact]
    public void A_vector_of_unknown_size_is_refused()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Open { Features = new float[784] }]);
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(rows)).Message
            .ShouldBe("Schema mismatch for input column 'Features': expected a known-size vector of Single, got Vector<Single> (Parameter 'inputSchema')");
    }

    [Fact]
    public void Rows_of_another_size_than_fitted_are_refused()
    {
        using BlackBoxAttackTransformer transformer = _ml.ZerothOrder().BlackBoxAttack(Digits.Options).Fit(_ml.View(2));
        Should.Throw<ArgumentOutOfRangeException>(() => transformer.Transform(Points.View(_ml))).Message
            .ShouldBe("Schema mismatch for input column 'Features': expected Vector<Single, 784>, got Vector<Single, 6> (Parameter 'inputSchema')");
    }

    [Fact]
    public void The_shape_is_refused_for_the_same_reasons()
    {
        SchemaShape shape = _ml.Transforms.CopyColumns("A", "B").GetOutputSchema(Shape(_ml.View(1)));
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { InputColumnName = "Id" }).GetOutputSchema(shape)).Message.ShouldContain("Schema mismatch for input column 'Id'");
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { LabelColumnName = "Features" }).GetOutputSchema(shape)).Message.ShouldContain("Schema mismatch for label column 'Features'");
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(Digits.Options with { LabelColumnName = "Nope" }).GetOutputSchema(shape)).Message.ShouldContain("Could not find label column 'Nope'");
    }

    private string Refused(BlackBoxAttackOptions options) =>
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(options).Fit(_ml.View(2))).Message;

    // Only ML.NET makes shapes: a probe behind an estimator that changes nothing of interest is handed one.
    private SchemaShape Shape(IDataView rows)
    {
        SchemaShape? seen = null;
        _ml.Transforms.CopyColumns("B", "Id").Append(new Probe(_ml.Transforms.CopyColumns("A", "B"), shape => seen = shape)).Fit(rows);
        return seen!;
    }

    private sealed class Probe(IEstimator<ITransformer> inner, Action<SchemaShape> see) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => inner.Fit(input);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            see(inputSchema);
            return inner.GetOutputSchema(inputSchema);
        }
    }

    private sealed class Open
    {
        public float[] Features { get; set; } = [];

        public int Label { get; set; }
    }
}
