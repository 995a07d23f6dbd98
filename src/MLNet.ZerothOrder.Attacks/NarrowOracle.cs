namespace MLNet.ZerothOrder;

/// <summary>Asks an oracle for fewer rows at a time, outside of an engine that is told itself.</summary>
/// <param name="oracle">The oracle to query. The caller disposes it.</param>
/// <param name="rows">The most rows of a call.</param>
internal sealed class NarrowOracle(IQueryOracle oracle, int rows) : IQueryOracle
{
    public int InputLength => oracle.InputLength;

    public int ScoreLength => oracle.ScoreLength;

    public int Concurrency => oracle.Concurrency;

    public int PreferredRows => rows;

    public ScoreKind? Scores => oracle.Scores;

    public int AnswersPerRow => oracle.AnswersPerRow;

    public QueryBatch CreateBatch(int capacity) => oracle.CreateBatch(capacity);

    public void Score(QueryBatch batch) => oracle.Score(batch);

    public void Dispose()
    {
    }
}
