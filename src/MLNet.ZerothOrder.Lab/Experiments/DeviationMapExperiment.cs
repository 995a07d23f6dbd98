using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder.Lab;

/// <summary>Figure 9: final perturbations with and without QueryRNN, beside the mean of the predicted deviations.</summary>
internal static class DeviationMapExperiment
{
    public static Findings Run(ExperimentContext context)
    {
        AttackTask task = context.Mnist();
        int count = context.Images();

        // Ones come first, because the paper shows one. Other digits show whether the 1 is an exception.
        ImageSet many = task.FirstCorrect(Math.Min(100, Math.Max(20, 4 * count)));
        ImageSet images = many.Select([.. Enumerable.Range(0, many.Count).OrderByDescending(i => many.Label(i) == 1).Take(count)]);
        var items = new List<GalleryItem>();
        var rows = new List<(string Image, double With, double Without, double Spread, double SpreadWithout)>();
        var csv = new Csv("image", "pixel", "perturbation", "perturbationWithoutQueryRNN", "meanDeviation");
        for (int i = 0; i < images.Count; i++)
        {
            Recording with = task.Record(images, i, task.LearnedWithQuery);
            double[] change = Change(images, i, with.Problem);
            double[] changeWithout = Change(images, i, task.Record(images, i, $"{task.LearnedWithQuery}:no-query").Problem);
            int converged = Converged(with.Problem.Trace);
            double[] deviation = [.. Enumerable.Range(0, change.Length).Select(p => with.Steps.Deviations.Take(converged).Average(s => (double)s[p]))];
            for (int p = 0; p < change.Length; p++)
            {
                csv.Add(images.ImageName(i), p, change[p], changeWithout[p], deviation[p]);
            }

            double[] size = [.. change.Select(Math.Abs)];
            double[] sizeWithout = [.. changeWithout.Select(Math.Abs)];
            rows.Add((images.ImageName(i), Figures.Correlation(deviation, size), Figures.Correlation(deviation, sizeWithout), Spread(size), Spread(sizeWithout)));
            items.Add(new GalleryItem(
                $"Image {images.ImageName(i)}", $"a {images.Label(i)}", "attacked",
                [
                    new Picture("(a) original", PixelBuffer.FromImage(images.Image(i).Span, images.Shape)),
                    new Picture("(b) change, ZO-LSTM", Map(size, images.Shape)),
                    new Picture("(c) without QueryRNN", Map(sizeWithout, images.Shape)),
                    new Picture("(d) mean deviation", Map([.. deviation.Select(s => s - deviation.Min())], images.Shape)),
                ],
                [
                    new GalleryFact("correlation of (d) with (b)", Numeral.Of(rows[^1].With), rows[^1].With),
                    new GalleryFact("correlation of (d) with (c)", Numeral.Of(rows[^1].Without), rows[^1].Without),
                ]));
        }

        string shown = context.Size("image", images.Count, 1);
        (double meanWith, double meanWithout) = (rows.Average(r => r.With), rows.Average(r => r.Without));
        (double spread, double spreadWithout) = (rows.Average(r => r.Spread), rows.Average(r => r.SpreadWithout));
        return new Findings
        {
            On = $"{task.On}; {shown}",
            Traces = csv,
            Claims =
            [
                new Claim("The mean deviation looks like the final change.", $"mean correlation {meanWith:F2}", meanWith > 0.2),
                new Claim("It also looks like the final change without QueryRNN.", $"mean correlation {meanWithout:F2}", meanWithout > 0.2),
                new Claim("With QueryRNN the change is less spread out.", $"it is spread over {spread:F0} pixels in effect, without over {spreadWithout:F0}", spread < spreadWithout),
            ],
            Blocks =
            [
                new GalleryBlock("Changes and deviations", items) { GroupName = "digit", Note = $"{shown}. Changes and deviations are drawn from black (none) to white (the largest)." },
                new TableBlock("Figures", ["image", "correlation with the change", "with the change without QueryRNN", "pixels in effect", "without QueryRNN"],
                    [.. rows.Select(r => (IReadOnlyList<TableCell>)[new TableCell(r.Image), Figures.Number(r.With), Figures.Number(r.Without), Figures.Number(r.Spread), Figures.Number(r.SpreadWithout)])])
                {
                    Note = "Pixels in effect are (Σ|δ|)² / Σδ²: the number of pixels of a change that is spread evenly.",
                },
            ],
        };
    }

    // The first iteration whose loss is within 5 % of the way from the first loss to the last one.
    private static int Converged(IReadOnlyList<double> trace)
    {
        double near = trace[^1] + (0.05 * Math.Abs(trace[0] - trace[^1]));
        return Math.Max(1, Enumerable.Range(0, trace.Count).First(t => trace[t] <= near));
    }

    private static double[] Change(ImageSet images, int image, Problem problem) => [.. problem.LastInput!.Value.ToArray().Zip(images.Image(image).ToArray(), (x, x0) => (double)x - x0)];

    private static double Spread(double[] sizes) => sizes.Sum() * sizes.Sum() / Math.Max(1e-30, sizes.Sum(s => s * s));

    private static PixelBuffer Map(double[] values, ImageShape shape)
    {
        double largest = Math.Max(1e-30, values.Max());
        return PixelBuffer.FromImage([.. values.Select(v => (float)(v / largest))], shape);
    }
}
