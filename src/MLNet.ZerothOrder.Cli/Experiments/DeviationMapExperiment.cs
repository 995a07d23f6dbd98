using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Cli.Experiments;

/// <summary>Figure 9: final perturbations with and without QueryRNN, beside the mean deviation that it predicts.</summary>
internal sealed class DeviationMapExperiment() : Experiment("deviation-map", "Figure 9", "final perturbations with and without QueryRNN beside the mean predicted deviation")
{
    public override IReadOnlyList<Amount> Images { get; } = [new(8, 2)];

    public override Outcome Run(Lab lab)
    {
        AttackTask task = lab.Mnist();
        int count = lab.Images(Images[0]);

        // The paper shows a 1; a few others tell whether it is one of a kind.
        ImageSet many = lab.Right(task, Math.Min(100, Math.Max(20, 4 * count)));
        int[] order = [.. Enumerable.Range(0, many.Count).OrderByDescending(i => many.Label(i) == 1).Take(count)];
        ImageSet images = many.Select(order);
        var items = new List<GalleryItem>();
        var rows = new List<(string Image, double With, double Without, double Spread, double SpreadWithout)>();
        var csv = new Csv("image", "pixel", "perturbation", "perturbationWithoutQueryRNN", "meanDeviation");
        for (int i = 0; i < images.Count; i++)
        {
            var with = Recording.Of(lab, task, images, i, task.Learned);
            var without = Recording.Of(lab, task, images, i, $"{task.Learned}:no-query");
            double[] final = Change(images, i, with.Problem);
            double[] finalWithout = Change(images, i, without.Problem);
            int converged = with.Converged;
            double[] deviation = [.. Enumerable.Range(0, final.Length).Select(p => with.Deviations.Take(converged).Average(s => (double)s[p]))];
            for (int p = 0; p < final.Length; p++)
            {
                csv.Add(images.ImageName(i), p, final[p], finalWithout[p], deviation[p]);
            }

            double[] size = [.. final.Select(Math.Abs)];
            double[] sizeWithout = [.. finalWithout.Select(Math.Abs)];
            rows.Add((images.ImageName(i), Statistics.Correlation(deviation, size), Statistics.Correlation(deviation, sizeWithout), Spread(size), Spread(sizeWithout)));
            items.Add(new GalleryItem(
                $"Image {images.ImageName(i)}", $"a {images.Label(i)}", "attacked",
                [
                    new Picture("(a) original", PixelBuffer.FromImage(images.Image(i).Span, images.Shape)),
                    new Picture("(b) change, ZO-LSTM", Map(size, images.Shape)),
                    new Picture("(c) without QueryRNN", Map(sizeWithout, images.Shape)),
                    new Picture("(d) mean deviation", Map([.. deviation.Select(s => s - deviation.Min())], images.Shape)),
                ],
                [
                    new GalleryFact("correlation of (d) with (b)", Draw.Text(rows[^1].With), rows[^1].With),
                    new GalleryFact("correlation of (d) with (c)", Draw.Text(rows[^1].Without), rows[^1].Without),
                ]));
        }

        string size2 = lab.Size("image", images.Count, 1);
        return new Outcome
        {
            On = $"{task.On}; {size2}",
            Traces = csv,
            Claims =
            [
                new Claim("The mean deviation looks like the final change.", $"mean correlation {rows.Average(r => r.With):F2}", rows.Average(r => r.With) > 0.2),
                new Claim("It also looks like the final change without QueryRNN.", $"mean correlation {rows.Average(r => r.Without):F2}", rows.Average(r => r.Without) > 0.2),
                new Claim("With QueryRNN the change is less spread out.",
                    $"it is spread over {rows.Average(r => r.Spread):F0} pixels in effect, without over {rows.Average(r => r.SpreadWithout):F0}", rows.Average(r => r.Spread) < rows.Average(r => r.SpreadWithout)),
            ],
            Blocks =
            [
                new GalleryBlock("Changes and deviations", items) { GroupName = "digit", Note = $"{size2}. Changes and deviations are drawn from black (none) to white (the largest)." },
                new TableBlock("Figures", ["image", "correlation with the change", "with the change without QueryRNN", "pixels in effect", "without QueryRNN"],
                    [.. rows.Select(r => (IReadOnlyList<TableCell>)[new TableCell(r.Image), Draw.Number(r.With), Draw.Number(r.Without), Draw.Number(r.Spread), Draw.Number(r.SpreadWithout)])])
                {
                    Note = "Pixels in effect are (Σ|δ|)² / Σδ²: as many as an even change of the same kind would touch.",
                },
            ],
        };
    }

    private static double[] Change(ImageSet images, int image, Problem problem)
    {
        float[] last = problem.LastInput!.Value.ToArray();
        float[] original = images.Image(image).ToArray();
        return [.. last.Zip(original, (x, x0) => (double)x - x0)];
    }

    private static double Spread(double[] sizes) => sizes.Sum() * sizes.Sum() / Math.Max(1e-30, sizes.Sum(s => s * s));

    private static PixelBuffer Map(double[] values, ImageShape shape)
    {
        double largest = Math.Max(1e-30, values.Max());
        return PixelBuffer.FromImage([.. values.Select(v => (float)(v / largest))], shape);
    }
}
