using System.Text;
using System.Text.Json;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ResultDocumentTests
{
    [Fact]
    public void The_document_has_the_names_that_programs_read_it_by()
    {
        const string expected = """
            {
              "tool": "zo",
              "version": "1.2.3",
              "command": "zo attack --images 'my \"digits\" & more'",
              "partial": false,
              "warnings": [],
              "seed": -7,
              "model": {
                "path": "m.onnx",
                "sha256": "00ff",
                "input": "image: Float32 [N, 1, 2, 2], images 1×2×2",
                "classes": 10,
                "output": "logits"
              },
              "dataset": "digits",
              "overheadQueries": 12,
              "skipped": [
                {
                  "id": "4",
                  "label": 1,
                  "predicted": 2,
                  "reason": "misclassified"
                }
              ],
              "runs": [
                {
                  "optimizer": "zo-sgd",
                  "settings": {
                    "budget": null,
                    "confidence": 0,
                    "directions": 20,
                    "distortionWeight": 0,
                    "iterations": 0,
                    "kind": "hand-designed",
                    "norm": "l1",
                    "patience": null,
                    "smoothing": 0.001,
                    "smoothingFrom": "",
                    "stepSize": 8,
                    "stop": "never",
                    "target": null,
                    "transform": "clip",
                    "trials": 1
                  },
                  "problems": [
                    {
                      "id": "a",
                      "label": 3,
                      "trial": 0,
                      "initialLoss": 2,
                      "finalLoss": 0.75,
                      "bestLoss": 0.5,
                      "success": true,
                      "queries": 43,
                      "queriesToFirstSuccess": 22,
                      "stopReason": "iterations",
                      "distortion": {
                        "l1": 1.5,
                        "l2": 1,
                        "linf": 0.75
                      },
                      "firstDistortion": {
                        "l1": 2,
                        "l2": 1.25,
                        "linf": 1
                      },
                      "adversarialLabel": 5,
                      "imageFile": "images/a.png",
                      "originalFile": null,
                      "lastFile": null,
                      "savedSuccess": true,
                      "trace": [
                        2,
                        0.5,
                        0.75
                      ]
                    }
                  ],
                  "summary": {
                    "problems": 1,
                    "successRate": 1,
                    "successRateInterval95": [
                      0.20654931437723745,
                      1
                    ],
                    "savedSuccessRate": 1,
                    "savedSuccessRateInterval95": [
                      0.20654931437723745,
                      1
                    ],
                    "meanInitialLoss": 2,
                    "meanFinalLoss": 0.75,
                    "meanFinalLossStandardError": null,
                    "finalLossOverImages": {
                      "min": 0.75,
                      "p5": 0.75,
                      "p25": 0.75,
                      "p50": 0.75,
                      "p75": 0.75,
                      "p95": 0.75,
                      "max": 0.75
                    },
                    "meanLossOverIterations": 0.625,
                    "meanLossOverIterationsStandardError": null,
                    "lossOverIterationsOverImages": {
                      "min": 0.625,
                      "p5": 0.625,
                      "p25": 0.625,
                      "p50": 0.625,
                      "p75": 0.625,
                      "p95": 0.625,
                      "max": 0.625
                    },
                    "meanLossByIteration": [
                      2,
                      0.5,
                      0.75
                    ],
                    "medianQueriesToFirstSuccess": 22,
                    "meanQueriesToFirstSuccess": 22,
                    "meanQueriesToFirstSuccessStandardError": null,
                    "meanL1AtFirstSuccess": 2,
                    "meanL1AtFirstSuccessStandardError": null,
                    "medians": {
                      "queriesToFirstSuccess": {
                        "median": 22,
                        "interval95": null
                      },
                      "iterationsToFirstSuccess": null,
                      "l1": {
                        "median": 1.5,
                        "interval95": null
                      },
                      "l2": {
                        "median": 1,
                        "interval95": null
                      },
                      "linf": {
                        "median": 0.75,
                        "interval95": null
                      }
                    },
                    "totalQueries": 43
                  }
                }
              ],
              "timing": {
                "seconds": 2,
                "oracleSeconds": 1.5,
                "queriesPerSecond": 43
              }
            }
            """;

        Results.Document(Results.Success("a")).ToJson().ReplaceLineEndings().ShouldBe(expected.ReplaceLineEndings());
    }

    [Fact]
    public void The_file_is_the_document_in_utf_8_with_a_line_break_at_its_end()
    {
        AttackResult document = Results.Document(Results.Success("a"));
        using var stream = new MemoryStream();
        document.WriteTo(stream);

        stream.ToArray().ShouldBe(new UTF8Encoding(false).GetBytes(document.ToJson() + "\n"));
    }

    [Fact]
    public void A_failure_is_named_only_where_there_was_one()
    {
        AttackResult document = Results.Document(Results.Success("a"));

        JsonDocument.Parse(document.ToJson()).RootElement.TryGetProperty("failure", out _).ShouldBeFalse();
        JsonDocument.Parse((document with { Failure = new OracleException("NaN") }).ToJson()).RootElement.GetProperty("failure").GetString().ShouldBe("NaN");
    }

    [Fact]
    public void What_was_never_asked_is_null_and_left_out_of_means()
    {
        JsonElement run = JsonDocument.Parse(Results.Document(Results.Failure("a"), Results.Unasked("b")).ToJson()).RootElement.GetProperty("runs")[0];
        JsonElement unasked = run.GetProperty("problems")[1];
        JsonElement summary = run.GetProperty("summary");

        foreach (string name in new[] { "initialLoss", "finalLoss", "bestLoss", "queriesToFirstSuccess", "distortion", "adversarialLabel", "imageFile", "savedSuccess" })
        {
            unasked.GetProperty(name).ValueKind.ShouldBe(JsonValueKind.Null);
        }

        unasked.GetProperty("stopReason").GetString().ShouldBe("cancelled");
        summary.GetProperty("problems").GetInt32().ShouldBe(2);
        summary.GetProperty("meanFinalLoss").GetDouble().ShouldBe(2);
        summary.GetProperty("meanLossByIteration").EnumerateArray().Select(e => e.GetDouble()).ShouldBe([4, 3, 2]);
        summary.GetProperty("medianQueriesToFirstSuccess").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void A_run_of_nothing_is_a_document_too()
    {
        JsonElement summary = JsonDocument.Parse(Results.Document(Results.Unasked("a")).ToJson()).RootElement.GetProperty("runs")[0].GetProperty("summary");

        summary.GetProperty("meanFinalLoss").ValueKind.ShouldBe(JsonValueKind.Null);
        summary.GetProperty("meanLossOverIterations").ValueKind.ShouldBe(JsonValueKind.Null);
        summary.GetProperty("meanLossByIteration").GetArrayLength().ShouldBe(0);
        summary.GetProperty("totalQueries").GetInt64().ShouldBe(0);
    }

    [Fact]
    public void A_comparison_names_the_best_reference_per_figure_and_holds_all()
    {
        ImageResult[] run = [Results.Success("a"), Results.Success("b", index: 1)];
        ImageResult[] slower = [run[0] with { QueriesToFirstSuccess = 43 }, run[1] with { QueriesToFirstSuccess = 43 }];
        ImageResult[] higher = [run[0] with { Trace = [2, 1.5, 1.5] }, run[1] with { Trace = [2, 1.5, 1.5] }];
        string json = (Results.Document(run) with
        {
            Runs = [Results.Document(run).Runs[0] with { Comparison = RunComparison.From(run, [("itself", run), ("slower", slower), ("higher", higher)]) }],
        }).ToJson();

        string expected = $$"""
            "comparison":{"bestInFinalLoss":"slower","bestInLossOverIterations":"slower","bestInQueriesToFirstSuccess":"higher","against":[
            {"optimizer":"slower","images":2,"finalLoss":{"mean":0.75,"referenceMean":0.75,"ratio":1,"standardError":0},
            "lossOverIterations":{"mean":0.625,"referenceMean":0.625,"ratio":1,"standardError":0},
            "queriesToFirstSuccess":{"mean":22,"referenceMean":43,"ratio":{{22 / 43.0:R}},"standardError":0},"iterationsToItsFinalLoss":1},
            {"optimizer":"higher","images":2,"finalLoss":{"mean":0.75,"referenceMean":1.5,"ratio":0.5,"standardError":0},
            "lossOverIterations":{"mean":0.625,"referenceMean":1.5,"ratio":{{0.625 / 1.5:R}},"standardError":0},
            "queriesToFirstSuccess":{"mean":22,"referenceMean":22,"ratio":1,"standardError":0},"iterationsToItsFinalLoss":1}]}
            """;
        Squeezed(json).ShouldContain(Squeezed(expected), Case.Sensitive);
    }

    [Fact]
    public void A_run_with_nothing_to_compare_with_has_no_comparison()
    {
        ImageResult[] run = [Results.Success("a")];

        RunComparison.From(run, [("itself", run)]).ShouldBeNull();
        Results.Document(run).ToJson().ShouldNotContain("comparison", Case.Sensitive);
    }

    [Fact]
    public void A_ratio_of_nothing_is_null()
    {
        JsonElement against = JsonDocument.Parse((Results.Document() with
        {
            Runs = [Results.Document().Runs[0] with { Comparison = RunComparison.From([Results.Success("a")], [("cancelled", [Results.Unasked("a")])]) }],
        }).ToJson()).RootElement.GetProperty("runs")[0].GetProperty("comparison").GetProperty("against")[0];

        against.GetProperty("images").GetInt32().ShouldBe(0);
        against.GetProperty("finalLoss").GetProperty("ratio").ValueKind.ShouldBe(JsonValueKind.Null);
        against.GetProperty("iterationsToItsFinalLoss").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData(StopReason.Iterations, "iterations")]
    [InlineData(StopReason.Budget, "budget")]
    [InlineData(StopReason.Success, "success")]
    [InlineData(StopReason.NoImprovement, "noImprovement")]
    [InlineData(StopReason.Time, "time")]
    [InlineData(StopReason.Cancelled, "cancelled")]
    public void Every_stop_reason_has_its_word(StopReason reason, string word)
    {
        JsonElement document = JsonDocument.Parse(Results.Document(Results.Success("a") with { StopReason = reason }).ToJson()).RootElement;

        document.GetProperty("runs")[0].GetProperty("problems")[0].GetProperty("stopReason").GetString().ShouldBe(word);
    }

    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
