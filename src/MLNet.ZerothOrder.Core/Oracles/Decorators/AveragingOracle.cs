namespace MLNet.ZerothOrder;

/// <summary>
/// Asks a model that answers at random several times, and gives the mean of its answers: the expected scores, with a deviation of 1/√n of a single answer's. Each answer
/// costs a query. A row that one of the answers lacks scores for has none. Results can still not be repeated.
/// </summary>
/// <param name="inner">The oracle, disposed with this one.</param>
/// <param name="answers">The answers to each row.</param>
public sealed class AveragingOracle(IQueryOracle inner, int answers) : OracleDecorator(inner)
{
    private readonly int _answers = answers > 0 ? answers : throw new ArgumentOutOfRangeException(nameof(answers), answers, "A row needs at least 1 answer.");

    /// <inheritdoc/>
    public override int AnswersPerRow => _answers * Inner.AnswersPerRow;

    /// <inheritdoc/>
    public override void Score(QueryBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        int length = batch.Rows * ScoreLength;
        var sums = new double[length];
        for (int answer = 0; answer < _answers; answer++)
        {
            batch.ClearAnswers();
            Inner.Score(batch);
            for (int i = 0; i < length; i++)
            {
                sums[i] += batch.Scores.Span[i];
            }
        }

        for (int i = 0; i < length; i++)
        {
            batch.Scores.Span[i] = (float)(sums[i] / _answers);
        }
    }
}
