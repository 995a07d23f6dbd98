using System.Text;
using System.Text.Json;

namespace MLNet.ZerothOrder.Tests;

public sealed class ResultDocumentTests
{
    [Fact]
    public void TheDocumentHasTheNamesThatProgramsReadItBy()
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

        Assert.Equal(expected.ReplaceLineEndings(), Results.Document(Results.Success("a")).ToJson().ReplaceLineEndings());
    }

    [Fact]
    public void TheFileIsTheDocumentInUtf8WithALineBreakAtItsEnd()
    {
        AttackResult document = Results.Document(Results.Success("a"));
        using var stream = new MemoryStream();
        document.WriteTo(stream);

        Assert.Equal(new UTF8Encoding(false).GetBytes(document.ToJson() + "\n"), stream.ToArray());
    }

    [Fact]
    public void AFailureIsNamedOnlyWhereThereWasOne()
    {
        AttackResult document = Results.Document(Results.Success("a"));

        Assert.False(JsonDocument.Parse(document.ToJson()).RootElement.TryGetProperty("failure", out _));
        Assert.Equal("NaN", JsonDocument.Parse((document with { Failure = new OracleException("NaN") }).ToJson()).RootElement.GetProperty("failure").GetString());
    }

    [Fact]
    public void WhatWasNeverAskedIsNullAndLeftOutOfMeans()
    {
        JsonElement run = JsonDocument.Parse(Results.Document(Results.Failure("a"), Results.Unasked("b")).ToJson()).RootElement.GetProperty("runs")[0];
        JsonElement unasked = run.GetProperty("problems")[1];
        JsonElement summary = run.GetProperty("summary");

        foreach (string name in new[] { "initialLoss", "finalLoss", "bestLoss", "queriesToFirstSuccess", "distortion", "adversarialLabel", "imageFile", "savedSuccess" })
        {
            Assert.Equal(JsonValueKind.Null, unasked.GetProperty(name).ValueKind);
        }

        Assert.Equal("cancelled", unasked.GetProperty("stopReason").GetString());
        Assert.Equal(2, summary.GetProperty("problems").GetInt32());
        Assert.Equal(2, summary.GetProperty("meanFinalLoss").GetDouble());
        Assert.Equal([4, 3, 2], summary.GetProperty("meanLossByIteration").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("medianQueriesToFirstSuccess").ValueKind);
    }

    [Fact]
    public void ARunOfNothingIsADocumentToo()
    {
        JsonElement summary = JsonDocument.Parse(Results.Document(Results.Unasked("a")).ToJson()).RootElement.GetProperty("runs")[0].GetProperty("summary");

        Assert.Equal(JsonValueKind.Null, summary.GetProperty("meanFinalLoss").ValueKind);
        Assert.Equal(JsonValueKind.Null, summary.GetProperty("meanLossOverIterations").ValueKind);
        Assert.Equal(0, summary.GetProperty("meanLossByIteration").GetArrayLength());
        Assert.Equal(0, summary.GetProperty("totalQueries").GetInt64());
    }

    [Fact]
    public void AComparisonNamesTheBestReferencePerFigureAndHoldsAll()
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
        Assert.Contains(Squeezed(expected), Squeezed(json), StringComparison.Ordinal);
    }

    [Fact]
    public void ARunWithNothingToCompareWithHasNoComparison()
    {
        ImageResult[] run = [Results.Success("a")];

        Assert.Null(RunComparison.From(run, [("itself", run)]));
        Assert.DoesNotContain("comparison", Results.Document(run).ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void ARatioOfNothingIsNull()
    {
        JsonElement against = JsonDocument.Parse((Results.Document() with
        {
            Runs = [Results.Document().Runs[0] with { Comparison = RunComparison.From([Results.Success("a")], [("cancelled", [Results.Unasked("a")])]) }],
        }).ToJson()).RootElement.GetProperty("runs")[0].GetProperty("comparison").GetProperty("against")[0];

        Assert.Equal(0, against.GetProperty("images").GetInt32());
        Assert.Equal(JsonValueKind.Null, against.GetProperty("finalLoss").GetProperty("ratio").ValueKind);
        Assert.Equal(JsonValueKind.Null, against.GetProperty("iterationsToItsFinalLoss").ValueKind);
    }

    [Theory]
    [InlineData(StopReason.Iterations, "iterations")]
    [InlineData(StopReason.Budget, "budget")]
    [InlineData(StopReason.Success, "success")]
    [InlineData(StopReason.NoImprovement, "noImprovement")]
    [InlineData(StopReason.Time, "time")]
    [InlineData(StopReason.Cancelled, "cancelled")]
    public void EveryStopReasonHasItsWord(StopReason reason, string word)
    {
        JsonElement document = JsonDocument.Parse(Results.Document(Results.Success("a") with { StopReason = reason }).ToJson()).RootElement;

        Assert.Equal(word, document.GetProperty("runs")[0].GetProperty("problems")[0].GetProperty("stopReason").GetString());
    }

    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
