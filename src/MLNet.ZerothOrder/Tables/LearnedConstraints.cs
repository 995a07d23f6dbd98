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

    extension(FeatureConstraints)
    {
        /// <summary>
        /// Reads what rows can be from data: the range of each feature, whether it holds whole numbers (not if the annotation IsNormalized says that it was scaled), features that never change (immutable), the categories of texts, keys and Booleans, and one-hot
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
            columns ??= ["Features"];
            DataViewSchema.Column[] all = [.. columns.Select(name => Mismatch.Column(data.Schema, "input", name))];
            var constraints = new FeatureConstraints([.. all.SelectMany(TableColumns.FeatureNames)]);
            SetCategories(data, all, constraints);
            int first = 0;
            foreach (DataViewSchema.Column column in all)
            {
                int size = Math.Max(1, AttackColumns.VectorSize(column));
                for (int i = first; i < first + size; i++)
                {
                    constraints.Slot(i).Normalized(IsNormalized(column));
                }

                first += size;
            }

            var table = TableColumns.Of(data.Schema, columns, constraints);
            var rows = new List<float[]>();
            using (DataViewRowCursor cursor = data.GetRowCursor(all))
            {
                Action<float[]> read = table.Reader(cursor);
                while (rows.Count < MostValues && cursor.MoveNext())
                {
                    var row = new float[table.Count];
                    read(row);
                    rows.Add(row);
                }
            }

            return constraints.ReadFrom(rows, quantile, Groups(all, constraints));
        }
    }

    private static bool IsNormalized(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull("IsNormalized") is not { Type: BooleanDataViewType })
        {
            return false;
        }

        bool isNormalized = false;
        column.Annotations.GetValue("IsNormalized", ref isNormalized);
        return isNormalized;
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
}
