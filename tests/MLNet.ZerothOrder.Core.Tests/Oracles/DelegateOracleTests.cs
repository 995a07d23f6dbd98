using Shouldly;

namespace MLNet.ZerothOrder.Tests.Oracles;

public sealed class DelegateOracleTests
{
    [Fact]
    public void Hands_every_row_with_its_key_to_the_function()
    {
        using var oracle = new DelegateOracle(2, 3, (input, key, scores) =>
        {
            scores[0] = input[0];
            scores[1] = input[1];
            scores[2] = key.Step + (int)key.Problem;
        });
        using QueryBatch batch = ((IQueryOracle)oracle).CreateBatch(5);
        batch.Rows = 2;
        batch.Inputs.Span.Fill(7);
        batch.Input(1)[0] = 8;
        batch.Key(0) = new RowKey(10, 1);
        batch.Key(1) = new RowKey(20, 2);

        oracle.Score(batch);

        batch.Score(0).ToArray().ShouldBe([7, 7, 11]);
        batch.Score(1).ToArray().ShouldBe([8, 7, 22]);
        batch.Score(2).ToArray().ShouldBe([0, 0, 0], "rows that are not in use are not asked");
    }

    [Fact]
    public void What_the_function_throws_becomes_an_oracle_failure_that_says_what_it_was()
    {
        using DelegateOracle oracle = DelegateOracle.FromFunction(1, _ => throw new DivideByZeroException("no luck"));
        OracleException error = Should.Throw<OracleException>(() => oracle.ScoreRows(1, (_, _) => { }));
        error.Message.ShouldBe("The oracle's function threw DivideByZeroException: no luck");
        error.InnerException.ShouldBeOfType<DivideByZeroException>();
    }

    [Fact]
    public void A_function_may_cancel_or_fail_in_its_own_words()
    {
        using DelegateOracle cancelling = DelegateOracle.FromFunction(1, _ => throw new OperationCanceledException());
        Should.Throw<OperationCanceledException>(() => cancelling.ScoreRows(1, (_, _) => { }));
        using DelegateOracle failing = DelegateOracle.FromFunction(1, _ => throw new OracleException("own words"));
        Should.Throw<OracleException>(() => failing.ScoreRows(1, (_, _) => { })).Message.ShouldBe("own words");
    }

    [Fact]
    public void Sizes_below_1_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => DelegateOracle.FromFunction(0, _ => 0)).ParamName.ShouldBe("inputLength");
        Should.Throw<ArgumentOutOfRangeException>(() => new DelegateOracle(1, 0, (_, _, _) => { })).ParamName.ShouldBe("scoreLength");
        Should.Throw<ArgumentOutOfRangeException>(() => DelegateOracle.FromFunction(1, _ => 0, concurrency: 0)).ParamName.ShouldBe("concurrency");
    }
}
