using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Constraints that are read from data.</summary>
public static class LearnedConstraints
{
    // More texts than this are no categories.
    private const int MostCategories = 1000;

    // Enough values for a spread.
    private const int MostValues = 100_000;

    // The standard deviation of a normal distribution is this times its median absolute deviation.
    private const double DeviationOfMedian = 1.4826;

    private const float MostInteger = 1 << 24;

    extension(FeatureConstraints)
    {
        /// <summary>
        /// Reads what rows can be from data: the range of each feature, whether it holds whole numbers, features that never change (immutable), the categories of texts, keys and Booleans, and one-hot
        /// groups, by the annotation CategoricalSlotRanges or by names such as <c>Home.own</c>, <c>Home.rent</c>. A feature's spread is 1.48 times its median absolute deviation, or its standard
        /// deviation if that is 0. Print the result to see what each feature was taken for, and correct it: what may change, and in which direction, is not in the data.
        /// </summary>
        /// <param name="data">The rows, such as the training data; read once.</param>
        /// <param name="columns">The columns of a row, in order: numbers, Booleans, keys, texts, and vectors of Single. None stands for the column <c>Features</c>.</param>
        /// <param name="quantile">The share of the values at each end that is left out of a range (default: 0).</param>
        /// <exception cref="InputException">There is no row, or a column of texts is no category.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
        public static FeatureConstraints Learn(IDataView data, IReadOnlyList<string>? columns = null, double quantile = 0)
        {
            ArgumentNullException.ThrowIfNull(data);
            if (!(quantile is >= 0 and < 0.5))
            {
                throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "The share of values outside a range is at least 0 and below 0.5.");
            }

            columns ??= ["Features"];
            DataViewSchema.Column[] all = [.. columns.Select(name => Mismatch.Column(data.Schema, "input", name))];
            var constraints = new FeatureConstraints([.. all.SelectMany(TableColumns.FeatureNames)]);
            SetCategories(data, all, constraints);
            var table = TableColumns.Of(data.Schema, columns, constraints);
            List<float>[] values = [.. Enumerable.Range(0, table.Count).Select(_ => new List<float>())];
            var rows = new List<float[]>();
            using (DataViewRowCursor cursor = data.GetRowCursor(all))
            {
                Action<float[]> read = table.Reader(cursor);
                while (rows.Count < MostValues && cursor.MoveNext())
                {
                    var row = new float[table.Count];
                    read(row);
                    rows.Add(row);
                    for (int i = 0; i < row.Length; i++)
                    {
                        if (!float.IsNaN(row[i]))
                        {
                            values[i].Add(row[i]);
                        }
                    }
                }
            }

            if (rows.Count == 0)
            {
                throw new InputException("There is no row to learn constraints from; give data with rows.");
            }

            int[][] groups = [.. Groups(all, constraints).Where(group => rows.TrueForAll(row => IsOneHot(row, group)))];
            HashSet<int> grouped = [.. groups.SelectMany(group => group)];
            for (int i = 0; i < table.Count; i++)
            {
                if (!grouped.Contains(i) && constraints.Slot(i).CategoryNames is null)
                {
                    SetNumber(constraints.Slot(i), values[i], quantile);
                }
            }

            foreach (int[] group in groups)
            {
                constraints.Group([.. group.Select(i => constraints.Names[i])]);
            }

            return constraints;
        }
    }

    private static void SetCategories(IDataView data, DataViewSchema.Column[] columns, FeatureConstraints constraints)
    {
        foreach (DataViewSchema.Column column in columns)
        {
            if (column.Type is BooleanDataViewType)
            {
                constraints.Slot(column.Name).Categories("False", "True");
            }
            else if (column.Type is KeyDataViewType key)
            {
                constraints.Slot(column.Name).Categories(LabelType.ValuesOfKeys(column) ?? [.. Enumerable.Range(1, (int)Math.Min(key.Count, MostCategories)).Select(i => $"{i}")]);
            }
            else if (column.Type is TextDataViewType)
            {
                var texts = new SortedSet<string>(StringComparer.Ordinal);
                foreach (string text in data.GetColumn<string>(column))
                {
                    texts.Add(text ?? "");
                    if (texts.Count > MostCategories)
                    {
                        throw new InputException($"Column '{column.Name}' holds more than {MostCategories} different texts, so it is no category; leave it out, and give the model from the columns after it on.");
                    }
                }

                constraints.Slot(column.Name).Categories(texts.Count > 0 ? [.. texts] : [""]);
            }
        }
    }

    private static void SetNumber(FeatureRule rule, List<float> values, double quantile)
    {
        if (values.Count == 0)
        {
            rule.Immutable();
            return;
        }

        values.Sort();
        int out0 = (int)(quantile * values.Count);
        (float low, float high) = (values[out0], values[^(out0 + 1)]);
        rule.Range(low, high);
        if (values.TrueForAll(value => MathF.Abs(value) <= MostInteger && value == MathF.Round(value)))
        {
            rule.Integer();
        }

        if (values[0] == values[^1])
        {
            rule.Immutable();
            return;
        }

        double median = values[values.Count / 2], mean = values.Average(value => (double)value);
        double[] far = [.. values.Select(value => Math.Abs(value - median)).Order()];
        double spread = DeviationOfMedian * far[far.Length / 2];
        rule.Spread(spread > 0 ? spread : Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    // Annotated ranges of slots, or neighbours whose names have the same part in front of a dot.
    private static IEnumerable<int[]> Groups(DataViewSchema.Column[] columns, FeatureConstraints constraints)
    {
        int first = 0;
        foreach (DataViewSchema.Column column in columns)
        {
            int size = Math.Max(1, AttackColumns.VectorSize(column));
            if (column.Annotations.Schema.GetColumnOrNull("CategoricalSlotRanges") is { Type: VectorDataViewType { ItemType: var item } } && item == NumberDataViewType.Int32)
            {
                VBuffer<int> ranges = default;
                column.Annotations.GetValue("CategoricalSlotRanges", ref ranges);
                int[] ends = [.. ranges.DenseValues()];
                for (int k = 0; k + 1 < ends.Length; k += 2)
                {
                    yield return [.. Enumerable.Range(first + ends[k], ends[k + 1] - ends[k] + 1)];
                }
            }
            else
            {
                foreach (IGrouping<string, int> group in Enumerable.Range(first, size).Where(i => constraints.Names[i].Contains('.', StringComparison.Ordinal))
                    .GroupBy(i => constraints.Names[i][..constraints.Names[i].IndexOf('.', StringComparison.Ordinal)]))
                {
                    yield return [.. group];
                }
            }

            first += size;
        }
    }

    private static bool IsOneHot(float[] row, int[] group) => group.Length >= 2 && group.All(i => row[i] is 0 or 1) && group.Count(i => row[i] == 1) == 1;
}
