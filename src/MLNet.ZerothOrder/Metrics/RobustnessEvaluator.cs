using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.ZerothOrder;

/// <summary>Computes metrics from the columns of a <see cref="BlackBoxAttackTransformer"/>.</summary>
public static class RobustnessEvaluator
{
    /// <summary>Computes the metrics. Reads the rows once.</summary>
    /// <param name="data">Attacked rows, with the columns <c>Success</c>, <c>Queries</c>, <c>QueriesToSuccess</c> and <c>Distortion</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of these columns is missing or has another type.</exception>
    public static RobustnessMetrics Evaluate(IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        DataViewSchema.Column success = Column(data, AttackColumns.Success, BooleanDataViewType.Instance);
        DataViewSchema.Column queries = Column(data, AttackColumns.Queries, NumberDataViewType.Int64);
        DataViewSchema.Column first = Column(data, AttackColumns.QueriesToSuccess, NumberDataViewType.Int64);
        DataViewSchema.Column distortion = Column(data, AttackColumns.Distortion, NumberDataViewType.Single);
        int rows = 0, ofTarget = 0;
        var charged = new List<long>();
        var firsts = new List<long>();
        var distortions = new List<double>();
        using (DataViewRowCursor cursor = data.GetRowCursor([success, queries, first, distortion]))
        {
            ValueGetter<bool> getSuccess = cursor.GetGetter<bool>(success);
            ValueGetter<long> getQueries = cursor.GetGetter<long>(queries);
            ValueGetter<long> getFirst = cursor.GetGetter<long>(first);
            ValueGetter<float> getDistortion = cursor.GetGetter<float>(distortion);
            while (cursor.MoveNext())
            {
                rows++;
                bool fell = false;
                long count = 0;
                getSuccess(ref fell);
                getQueries(ref count);
                if (count > 0)
                {
                    charged.Add(count);
                }

                float far = 0;
                getDistortion(ref far);
                ofTarget += !fell && far == 0 ? 1 : 0;
                if (fell)
                {
                    long to = 0;
                    getFirst(ref to);
                    firsts.Add(to);
                    distortions.Add(far);
                }
            }
        }

        return new RobustnessMetrics
        {
            Rows = rows,
            Attacked = charged.Count,
            OfTarget = ofTarget,
            Successes = firsts.Count,
            AccuracyByQueries = Curve(rows, charged.Count + ofTarget, firsts),
            MedianQueriesToSuccess = Median(firsts),
            MedianQueries = Median(charged),
            TotalQueries = charged.Sum(),
            Distortion = Quantiles.Of(distortions),
        };
    }

    private static List<(long Queries, double Accuracy)> Curve(int rows, int right, List<long> firsts)
    {
        var curve = new List<(long Queries, double Accuracy)> { (0, rows == 0 ? double.NaN : (double)right / rows) };
        foreach (IGrouping<long, long> group in firsts.GroupBy(first => first).OrderBy(group => group.Key))
        {
            right -= group.Count();
            curve.Add((group.Key, (double)right / rows));
        }

        return curve;
    }

    private static double Median(List<long> values) => Quantiles.Of(values.Select(value => (double)value))?.P50 ?? double.NaN;

    private static DataViewSchema.Column Column(IDataView data, string name, DataViewType type)
    {
        DataViewSchema.Column column = Mismatch.Column(data.Schema, "attack", name);
        return column.Type == type ? column : throw Mismatch.Of("attack", name, type.ToString()!, column.Type.ToString()!);
    }
}
