using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ImageColumnTests : IDisposable
{
    private const int Count = 10;
    private const int Large = 24;
    private const int Side = 12;
    private const int Classes = 5;

    private readonly TempFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 1f / 255, 0f)]
    [InlineData(true, 1f / 127.5f, 127.5f)]
    [InlineData(false, 1f, 0f)]
    public void A_chain_of_images_is_attacked_in_the_pixels_after_resizing(bool interleave, float scale, float offset)
    {
        TransformerChain<ITransformer> model = Fit(Chain(interleave, scale, offset));
        IDataView data = Data(model);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(Options(model)).Fit(data);
        Attacked[] rows = Read(attack.Transform(data));

        rows.Count(row => row.Success).ShouldBeGreaterThan(Count / 2);
        Seen[] before = Scored(model, data);
        foreach ((Attacked row, Seen original) in rows.Zip(before))
        {
            // The whole chain is asked about the picture. It has the size already, so that resizing changes nothing.
            Seen after = Scored(model, Small([row.Adversarial!])).Single();
            (row.Adversarial!.Width, row.Adversarial.Height).ShouldBe((Side, Side));
            row.AdversarialLabel.ShouldBe(Class(after.Scores));
            (row.AdversarialLabel != row.Label).ShouldBe(row.Success);
            double change = row.Adversarial.Pixels.ToArray().Zip(original.Bytes, (a, b) => Math.Abs(a - b) / 255.0).Sum();
            if (row.Success)
            {
                change.ShouldBeGreaterThan(0);
                row.Distortion.ShouldBe((float)change, 1e-4 + (1e-4 * change));
            }
            else
            {
                change.ShouldBe(0);
            }
        }
    }

    [Fact]
    public void Batches_single_rows_and_calls_through_mlnet_give_the_same_bits()
    {
        TransformerChain<ITransformer> model = Fit(Chain(false, 1f / 255, 0));
        IDataView data = Data(model);
        BlackBoxAttackTransformer batched = _ml.ZerothOrder().BlackBoxAttack(Options(model)).Fit(data);
        string[] expected = [.. Read(batched.Transform(data)).Select(row => row.Bits)];
        Read(batched.Transform(data)).Select(row => row.Bits).ShouldBe(expected);

        using BlackBoxAttackTransformer single = _ml.ZerothOrder().BlackBoxAttack(Options(model) with { LookAhead = 1 }).Fit(data);
        Read(single.Transform(data)).Select(row => row.Bits).ShouldBe(expected);

        // A stage of another type is not opened as an ONNX model, so ML.NET calls it row by row.
        var counted = new CountingModel(model.Last());
        var through = new TransformerChain<ITransformer>([.. model.SkipLast(1), counted]);
        using BlackBoxAttackTransformer mlnet = _ml.ZerothOrder().BlackBoxAttack(Options(through)).Fit(data);
        Read(mlnet.Transform(data)).Select(row => row.Bits).ShouldBe(expected);
        counted.Rows.ShouldBeGreaterThan(Count);

        using PredictionEngine<Picture, Attacked> engine = _ml.Model.CreatePredictionEngine<Picture, Attacked>(batched, inputSchemaDefinition: Definition());
        _ml.Data.CreateEnumerable<Picture>(data, false).Select(picture => engine.Predict(picture).Bits).ShouldBe(expected);
    }

    [Fact]
    public void A_saved_attack_on_paths_of_images_is_loaded_with_the_same_results()
    {
        Picture[] pictures = Pictures();
        for (int i = 0; i < Count; i++)
        {
            pictures[i].Image!.Save(_folder.File($"{i}.png"));
        }

        IDataView files = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(i => new Named { Path = $"{i}.png" }));
        TransformerChain<ITransformer> model = new([.. _ml.Transforms.LoadImages("Image", Path.GetDirectoryName(_folder.File("0.png")), "Path").Append(Chain(false, 1f / 255, 0)).Fit(files).SelectMany(Stages)]);
        int[] labels = [.. Scored(model, files).Select(row => Class(row.Scores))];
        files = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(i => new Named { Path = $"{i}.png", Label = labels[i] }));
        BlackBoxAttackOptions options = Options(model) with { InputColumnName = "Path", Target = _ml.ZerothOrder().FromTransformer(model, "Path", "logits") };
        BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(options).Fit(files);
        string[] expected = [.. Read(attack.Transform(files)).Select(row => row.Bits)];
        Read(_ml.ZerothOrder().BlackBoxAttack(Options(new TransformerChain<ITransformer>([.. model.Skip(1)]))).Fit(Data(model, pictures)).Transform(Data(model, pictures))).Select(row => row.Bits).ShouldBe(expected);

        _ml.Model.Save(attack, files.Schema, _folder.File("attack.zip"));
        var other = new MLContext();
        ITransformer loaded = other.ZerothOrder().Load(_folder.File("attack.zip"), out _);
        loaded.ShouldBeOfType<BlackBoxAttackTransformer>();
        Read(loaded.Transform(files)).Select(row => row.Bits).ShouldBe(expected);

        // As ML.NET loads it, the pixels are a vector.
        IDataView byRow = other.Model.Load(_folder.File("attack.zip"), out _).Transform(files);
        byRow.GetColumn<long>("Queries").ShouldBe(attack.Transform(files).GetColumn<long>("Queries"));
        byRow.GetColumn<bool>("Success").ShouldBe(attack.Transform(files).GetColumn<bool>("Success"));
        ((VectorDataViewType)byRow.Schema["Adversarial"].Type).Size.ShouldBe(3 * Side * Side);
    }

    [Fact]
    public void One_extracted_color_gives_gray_pictures()
    {
        TransformerChain<ITransformer> model = Fit(Chain(false, 1f / 255, 0, ImagePixelExtractingEstimator.ColorBits.Green));
        IDataView data = Data(model);
        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(Options(model)).Fit(data);
        Attacked[] rows = Read(attack.Transform(data));

        rows.Count(row => row.Success).ShouldBeGreaterThan(0);
        rows.SelectMany(row => row.Bytes.Chunk(4)).ShouldAllBe(pixel => pixel[0] == pixel[1] && pixel[1] == pixel[2] && pixel[3] == 255);
    }

    [Fact]
    public void Pictures_of_a_size_that_no_class_declares_are_attacked()
    {
        // ML.NET registers an image type for each size that an attribute of some class names.
        new TinyClassifier { Image = new ImageShape(3, 9, 10), Classes = Classes, Gain = 6 }.Save(_folder.File("wide.onnx"));
        TransformerChain<ITransformer> model = Fit(_ml.Transforms.ResizeImages("Image", 10, 9)
            .Append(_ml.Transforms.ExtractPixels("image", "Image", scaleImage: 1f / 255))
            .Append(_ml.Transforms.ApplyOnnxModel(
                ["logits"], ["image"], _folder.File("wide.onnx"), new Dictionary<string, int[]> { ["image"] = [1, 3, 9, 10], ["logits"] = [1, Classes] }, recursionLimit: 10)));
        Picture[] pictures = Pictures();
        float[][] scores = [.. model.Transform(View(pictures)).GetColumn<float[]>("logits")];
        for (int i = 0; i < Count; i++)
        {
            pictures[i].Label = Class(scores[i]);
        }

        using BlackBoxAttackTransformer attack = _ml.ZerothOrder().BlackBoxAttack(Options(model)).Fit(View(pictures));
        IDataView attacked = attack.Transform(View(pictures));

        attacked.GetColumn<bool>("Success").ShouldContain(true);
        attacked.GetColumn<MLImage>("Adversarial").Select(image => (image.Width, image.Height)).ShouldAllBe(size => size.Width == 10 && size.Height == 9);
    }

    [Fact]
    public void An_estimator_of_images_states_its_columns_inside_a_pipeline()
    {
        TransformerChain<ITransformer> model = Fit(Chain(false, 1f / 255, 0));
        ITransformer fitted = _ml.ZerothOrder().BlackBoxAttack(Options(model)).Append(_ml.Transforms.CopyColumns("Found", "Adversarial")).Fit(Data(model));

        fitted.GetOutputSchema(Data(model).Schema)["Found"].Type.ShouldBe(new ImageDataViewType(Side, Side));
    }

    [Fact]
    public void Models_and_columns_that_are_no_images_to_scores_are_refused_in_a_sentence()
    {
        TransformerChain<ITransformer> model = Fit(Chain(false, 1f / 255, 0));
        IDataView data = Data(model);
        TransformerChain<ITransformer> alpha = Fit(Resize().Append(_ml.Transforms.ExtractPixels("image", "Image", ImagePixelExtractingEstimator.ColorBits.All)));
        TransformerChain<ITransformer> bytes = Fit(Resize().Append(_ml.Transforms.ExtractPixels("image", "Image", outputAsFloatArray: false)));

        Message(model.First()).ShouldStartWith("The attacked column is no vector of Single, and the model has no ExtractPixels stage;");
        Message(alpha).ShouldBe("The values of the model's ExtractPixels stage are not the red, green or blue of single pixels; extract colors without alpha, with one offset and one scale.");
        Message(bytes).ShouldContain("gives column 'image' of type Vector<Byte");
        Should.Throw<ArgumentOutOfRangeException>(() => _ml.ZerothOrder().BlackBoxAttack(new BlackBoxAttackOptions { ModelPath = _folder.File("model.onnx"), InputColumnName = "Image" }).Fit(data))
            .Message.ShouldContain("Schema mismatch for input column 'Image': expected a known-size vector of Single");
        Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(Options(model) with { Target = _ml.ZerothOrder().FromTransformer(model, "Image", "Score") }).Fit(data))
            .Message.ShouldContain("gives no column 'Score'");

        string Message(ITransformer target) => Should.Throw<InputException>(() => _ml.ZerothOrder().BlackBoxAttack(Options(target)).Fit(data)).Message;
    }

    private static IEnumerable<ITransformer> Stages(ITransformer model) => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Stages) : [model];

    private BlackBoxAttackOptions Options(ITransformer model) => new()
    {
        InputColumnName = "Image",
        Target = _ml.ZerothOrder().FromTransformer(model, "Image", "logits"),
        Attack = new AttackOptions { Limits = new RunLimits { Iterations = 40 }, Scores = ScoreKind.Logits, Seed = 3 },
    };

    private EstimatorChain<ImageResizingTransformer> Resize() =>
        new EstimatorChain<ITransformer>().Append(_ml.Transforms.ResizeImages("Image", Side, Side, resizing: ImageResizingEstimator.ResizingKind.Fill));

    private IEstimator<ITransformer> Chain(bool interleave, float scale, float offset, ImagePixelExtractingEstimator.ColorBits colors = ImagePixelExtractingEstimator.ColorBits.Rgb)
    {
        int channels = colors == ImagePixelExtractingEstimator.ColorBits.Rgb ? 3 : 1;
        new TinyClassifier
        {
            Image = new ImageShape(channels, Side, Side), Classes = Classes, Layout = interleave ? ImageLayout.Nhwc : ImageLayout.Nchw, Gain = scale == 1 ? 6 / 255.0 : 6,
        }.Save(_folder.File("model.onnx"));
        int[] input = interleave ? [1, Side, Side, channels] : [1, channels, Side, Side];
        return Resize()
            .Append(_ml.Transforms.ExtractPixels("image", "Image", colors, interleavePixelColors: interleave, scaleImage: scale, offsetImage: offset))
            .Append(_ml.Transforms.ApplyOnnxModel(
                ["logits"], ["image"], _folder.File("model.onnx"), new Dictionary<string, int[]> { ["image"] = input, ["logits"] = [1, Classes] }, recursionLimit: 10));
    }

    private TransformerChain<ITransformer> Fit(IEstimator<ITransformer> estimator) => new([.. Stages(estimator.Fit(View(Pictures())))]);

    // Two colors and a little noise.
    private static Picture[] Pictures()
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Count).Select(_ =>
        {
            var bytes = new byte[Large * Large * 4];
            int[] colors = [.. Enumerable.Range(0, 6).Select(_ => random.Next(30, 220))];
            for (int i = 0; i < bytes.Length; i++)
            {
                bytes[i] = i % 4 == 3 ? (byte)255 : (byte)(colors[(i % 4) + (i < bytes.Length / 2 ? 0 : 3)] + random.Next(-30, 30));
            }

            return new Picture { Image = MLImage.CreateFromPixels(Large, Large, MLPixelFormat.Bgra32, bytes) };
        })];
    }

    private static SchemaDefinition Definition(int side = Large)
    {
        SchemaDefinition definition = SchemaDefinition.Create(typeof(Picture));
        definition["Image"].ColumnType = new ImageDataViewType(side, side);
        return definition;
    }

    private IDataView View(IEnumerable<Picture> pictures) => _ml.Data.LoadFromEnumerable(pictures, Definition());

    private IDataView Small(IEnumerable<MLImage> images) => _ml.Data.LoadFromEnumerable(images.Select(image => new Picture { Image = MLImage.CreateFromPixels(Side, Side, image.PixelFormat, image.Pixels) }), Definition(Side));

    // The labels are the model's own answers.
    private IDataView Data(ITransformer model, Picture[]? pictures = null)
    {
        pictures ??= Pictures();
        foreach ((Picture picture, Seen seen) in pictures.Zip(Scored(new TransformerChain<ITransformer>([.. Stages(model).Where(stage => stage is not ImageLoadingTransformer)]), View(pictures))))
        {
            picture.Label = Class(seen.Scores);
        }

        return View(pictures);
    }

    // ML.NET's stages dispose an image when the next one is read.
    private Seen[] Scored(ITransformer model, IDataView data) =>
        [.. _ml.Data.CreateEnumerable<Seen>(model.Transform(data), reuseRowObject: false).Select(seen =>
        {
            seen.Bytes = [.. seen.Image!.Pixels];
            return seen;
        })];

    private Attacked[] Read(IDataView attacked) => [.. _ml.Data.CreateEnumerable<Attacked>(attacked, reuseRowObject: false)];

    private static int Class(float[] scores) => Array.IndexOf(scores, scores.Max());

    private sealed class Picture
    {
        [ImageType(Large, Large)]
        public MLImage? Image { get; set; }

        public int Label { get; set; }
    }

    private sealed class Named
    {
        public string Path { get; set; } = "";

        public int Label { get; set; }
    }

    private sealed class Seen
    {
        [ImageType(Side, Side)]
        public MLImage? Image { get; set; }

        [NoColumn]
        public byte[] Bytes { get; set; } = [];

        [ColumnName("logits")]
        public float[] Scores { get; set; } = [];
    }

    private sealed class Attacked
    {
        public int Label { get; set; }

        [ImageType(Side, Side)]
        public MLImage? Adversarial { get; set; }

        public int AdversarialLabel { get; set; }

        public bool Success { get; set; }

        public long Queries { get; set; }

        public long QueriesToSuccess { get; set; }

        public float Distortion { get; set; }

        [NoColumn]
        public byte[] Bytes => [.. Adversarial!.Pixels];

        /// <summary>All of it, bit for bit.</summary>
        public string Bits => string.Join(
            '|', Label, AdversarialLabel, Success, Queries, QueriesToSuccess, BitConverter.SingleToUInt32Bits(Distortion), Convert.ToHexString(Bytes));
    }
}
