using System.Text.Json;
using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

public sealed class ImageSourceTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Class_folders_of_pngs_are_attacked_under_their_files_names()
    {
        string folder = _task.At("photos");
        for (int i = 0; i < 6; i++)
        {
            Write(Path.Combine(folder, $"{_task.Labels[i]}", $"image {i}.png"), i);
        }

        JsonElement document = Attack("--images", folder);

        document.Text("dataset").ShouldBe("photos");
        document.Problems().Select(p => p.Text("id")).ShouldBe(Enumerable.Range(0, 6).Select(i => $"{_task.Labels[i]}/image {i}.png").Order(StringComparer.Ordinal));
        foreach (var p in document.Problems())
        {
            $"{p.GetProperty("label").GetInt32()}".ShouldBe(p.Text("id")[..1]);
        }
        foreach (var p in document.Problems().Where(p => p.Truth("success")))
        {
            p.Text("imageFile").ShouldBe($"images/{p.Text("id").Replace('/', '_').Replace(' ', '_')}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Photos_with_the_ids_of_ImageNet_need_no_option(bool inFolders)
    {
        string folder = _task.At("photos");
        IReadOnlyList<string> names = ClassNames.ImageNet().Names;
        for (int i = 0; i < 5; i++)
        {
            string id = names[_task.Labels[i]].Split(' ')[0];
            Write(Path.Combine(folder, inFolders ? $"{id}/{i}.png" : $"{id}_{i}.png"), i);
        }

        Outcome outcome = Zo.Run("attack", "--model", _task.Model, "--images", folder, "--out", _task.Out, "--json", "--quiet", "--smoothing", "0.001", "--iterations", "5").Done();

        (string Id, int Label)[] found = [.. outcome.Document.Problems().Select(p => (p.Text("id"), p.GetProperty("label").GetInt32()))];
        found.Length.ShouldBe(5);
        found.ShouldAllBe(image => names[image.Label].StartsWith(image.Id.Substring(0, 9)));
    }

    [Theory]
    [InlineData("attack", "--iterations", "5", "--smoothing", "0.001")]
    [InlineData("audit", "--epsilon", "0.1", "--budget", "50")]
    [InlineData("inspect")]
    public void A_model_with_1001_classes_has_the_background_in_front_of_ImageNets(string command, params string[] more)
    {
        using var task = new TinyTask(new TinyClassifier { Classes = 1001 });
        IReadOnlyList<string> ids = ClassNames.ImageNet().Names;
        string folder = task.At("photos");
        int[] images = [.. Enumerable.Range(0, TinyTask.Count).Where(i => task.Labels[i] > 0).Take(5)];
        foreach (int i in images)
        {
            Directory.CreateDirectory(folder);
            Png.Write(Path.Combine(folder, $"{ids[task.Labels[i] - 1].Split(' ')[0]}_{i}.png"), PixelBuffer.FromImage(task.Pixels.AsSpan(i * 16, 16), task.Classifier.Image));
        }

        string[] model = command == "inspect" ? [task.Model] : ["--model", task.Model, "--out", task.Out];
        Outcome outcome = Zo.Run([command, .. model, "--images", folder, .. more]).Done();

        string classes = string.Join(", ", images.Select(i => task.Labels[i]).Order());
        (outcome.Output + outcome.Assumptions).ShouldContain($"taken as classes {classes}");
    }

    [Fact]
    public void A_folder_with_labels_CSV_is_attacked()
    {
        string folder = _task.At("listed");
        for (int i = 0; i < 4; i++)
        {
            Write(Path.Combine(folder, $"{i}.png"), i);
        }

        File.WriteAllLines(Path.Combine(folder, "labels.csv"), Enumerable.Range(0, 4).Reverse().Select(i => $"{i}.png,{_task.Labels[i]}"));
        JsonElement document = Attack("--images", folder);

        document.Problems().Select(p => p.GetProperty("label").GetInt32()).ShouldBe(_task.Labels[..4]);
    }

    [Fact]
    public void Photos_without_labels_are_attacked_as_what_the_model_takes_them_for()
    {
        string folder = _task.At("unsorted"), sorted = _task.At("sorted");
        for (int i = 0; i < 5; i++)
        {
            Write(Path.Combine(folder, i < 3 ? $"{i}.png" : $"more/{i}.png"), i);
            Write(Path.Combine(sorted, $"{_task.Labels[i]}", $"{i}.png"), i);
        }

        Outcome run = Zo.Run("attack", "--model", _task.Model, "--images", folder, "--labels", "predicted", "--iterations", "10", "--smoothing", "0.001", "--out", _task.Out, "--json").Done();
        JsonElement document = run.Document;
        JsonElement labelled = Attack("--images", sorted);

        run.Assumptions.ShouldContain("each image is of the class that the model gives it", Case.Sensitive);
        run.Assumptions.ShouldNotContain("right");
        document.Problems().Select(p => p.GetProperty("label").GetInt32()).ShouldBe(_task.Labels[..5]);
        document.GetProperty("skipped").GetArrayLength().ShouldBe(0);
        Traces(document).ShouldBe(Traces(labelled));

        static string[] Traces(JsonElement document) => [.. document.Problems().OrderBy(p => p.Text("id").Split('/')[^1]).Select(p => p.GetProperty("trace").GetRawText())];
    }

    [Fact]
    public void Predicted_labels_are_for_folders_and_for_commands_that_need_no_true_ones()
    {
        Write(Path.Combine(_task.At("one"), "a.png"), 0);

        Refused("show nothing about a model", "inspect", _task.Model, "--images", _task.At("one"), "--labels", "predicted");
        Refused("is not a folder", "attack", "--model", _task.Model, "--images", _task.Images, "--labels", "predicted", "--out", _task.Out);
        Refused("--shape has no effect with --labels predicted", "attack", "--model", _task.Model, "--images", _task.At("one"), "--labels", "predicted", "--shape", "1x4x4", "--out", _task.Out);

        static void Refused(string why, params string[] args)
        {
            Outcome run = Zo.Run(args);
            run.Code.ShouldBe(2);
            run.Error.ShouldContain(why, Case.Sensitive);
        }
    }

    [Fact]
    public void An_array_of_flat_rows_is_attacked_once_its_shape_is_given()
    {
        string flat = _task.Npy("flat.npy", [TinyTask.Count, 16], _task.Pixels);
        JsonElement document = Attack("--images", flat, "--labels", _task.LabelFile, "--shape", "1x4x4");

        document.ProblemText().ShouldBe(Attack("--images", _task.Images, "--labels", _task.LabelFile).ProblemText());
    }

    [Fact]
    public void Idx_files_are_attacked_as_they_were_written()
    {
        var set = new ImageSet("tiny", _task.Classifier.Image, [.. _task.Pixels], _task.Labels);
        (string images, string labels) = (_task.At("tiny-images-idx3-ubyte.gz"), _task.At("tiny-labels-idx1-ubyte.gz"));
        IdxWriter.Write(images, labels, set);

        Attack("--images", images, "--labels", labels).Problems().Select(p => p.GetProperty("label").GetInt32()).ShouldBe(_task.Labels);
    }

    [Fact]
    public void Writing_digits_gives_files_that_can_be_attacked()
    {
        Outcome written = Zo.Run("data", "digits", "--count", "12", "--dir", _task.At("data")).Done();
        string folder = _task.At("data/digits");
        written.Output.ShouldBe($"Digits: {folder}{Environment.NewLine}");
        JsonElement document = Zo.Run(
            "attack", "--json", "--model", "mnist-lenet", "--iterations", "1", "--out", _task.Out, "--images", Path.Combine(folder, "digits-t10k-images-idx3-ubyte.gz"),
            "--labels", Path.Combine(folder, "digits-t10k-labels-idx1-ubyte.gz")).Done().Document;

        // A sixth as many test images come with the training images; they are the ones that an attack takes by itself.
        document.Problems().Select(p => p.GetProperty("label").GetInt32()).ShouldBe([0, 1]);
    }

    [Fact]
    public void Class_folders_are_matched_to_the_names_of_the_models_classes()
    {
        string folder = _task.At("photos");
        string[] names = ["zebra", "yak", "Polar_Bear", "wolf", "vole"];
        for (int i = 0; i < 5; i++)
        {
            WriteOf(Path.Combine(folder, names[i].ToLowerInvariant(), $"{i}.png"), i);
        }

        string[] args = ["attack", "--json", "--model", _task.Model, "--smoothing", "0.001", "--iterations", "2", "--out", _task.Out, "--images", folder];
        Outcome run = Zo.Run([.. args, "--classes", _task.Text("names.json", $"[\"{string.Join("\", \"", names)}\"]")]).Done();
        run.Document.Problems().Select(p => p.GetProperty("label").GetInt32()).Order().ShouldBe([0, 1, 2, 3, 4]);
        run.Assumptions.ShouldContain("sub-folders zebra, yak, polar_bear, wolf, vole were taken as classes 0, 1, 2, 3, 4", Case.Sensitive);
        Zo.Run([.. args, "--classes", _task.Text("names.txt", "zebra\nyak\npolar bear\nvole\n")]).Error.ShouldContain("the sub-folder \"wolf\" is not among the 4 classes of names.txt", Case.Sensitive);
        run.Document.GetProperty("model").GetProperty("classNames").EnumerateArray().Select(name => name.GetString()).ShouldBe(names);
    }

    [Fact]
    public void A_model_that_names_its_classes_needs_no_option_for_folders_tables_and_reports()
    {
        string folder = _task.At("photos");
        string[] names = ["n02391049 zebra", "yak, ox", "polar bear", "wolf", "vole"];
        string model = _task.Classifier.Writer().Metadata("names", $"{{{string.Join(", ", names.Select((name, i) => $"{i}: '{name}'"))}}}").Save(_task.At("named.onnx"));
        for (int i = 0; i < 5; i++)
        {
            WriteOf(Path.Combine(folder, ((string[])["zebra", "yak", "polar_bear", "wolf", "vole"])[i], $"{i}.png"), i);
        }

        Outcome run = Zo.Run("attack", "--model", model, "--smoothing", "0.001", "--iterations", "2", "--out", _task.Out, "--images", folder).Done();

        run.Assumptions.ShouldContain("sub-folders zebra, yak, polar_bear, wolf, vole were taken as classes 0, 1, 2, 3, 4", Case.Sensitive);
        run.Output.ShouldMatch(@"yak/1\.png +yak\b");
        File.ReadAllText(Path.Combine(_task.Out, "report.html")).ShouldContain("polar bear", Case.Sensitive);

        // Folders with other names are numbered as ever.
        Directory.Move(Path.Combine(folder, "zebra"), Path.Combine(folder, "antelope"));
        Directory.Move(Path.Combine(folder, "yak"), Path.Combine(folder, "bison"));
        Directory.Move(Path.Combine(folder, "polar_bear"), Path.Combine(folder, "cat"));
        Directory.Move(Path.Combine(folder, "wolf"), Path.Combine(folder, "dog"));
        Directory.Move(Path.Combine(folder, "vole"), Path.Combine(folder, "eland"));
        Zo.Run("inspect", model, "--images", folder).Done().Output.ShouldContain("sub-folders antelope, bison, cat, dog, eland were taken as classes 0, 1, 2, 3, 4", Case.Sensitive);
    }

    [Fact]
    public void A_run_tells_what_it_took_for_granted_and_which_pictures_it_passed_over()
    {
        string folder = _task.At("photos");
        for (int i = 0; i < 5; i++)
        {
            WriteOf(Path.Combine(folder, $"{i}", $"{i}.png"), i);
        }

        File.WriteAllBytes(Path.Combine(folder, "3", "a.heic"), [0xFF, 0xD8]);
        string expected = $"input 'image' [N, 1, 4, 4] as NCHW images of 1×4×4, pixels as 0..1 (5 of 5 images right), output 'logits' as logits of 5 classes; "
            + "sub-folders 0, 1, 2, 3, 4 were taken as classes 0, 1, 2, 3, 4.";
        string[] model = ["--model", _task.Model, "--images", folder];
        foreach (string[] command in (string[][])
        [
            ["attack", .. model, "--smoothing", "0.001", "--iterations", "1", "--out", _task.Out],
            ["compare", .. model, "--optimizers", "zo-sgd", "--smoothing", "0.001", "--iterations", "1", "--out", _task.At("compared")],
            ["tune", .. model, "--optimizers", "zo-sgd", "--smoothing", "0.001", "--iterations", "1", "--out", _task.At("m.settings.json")],
            ["train", .. model, "--problems", "1", "--query-problems", "1", "--side-by-side", "1", "--horizon", "2", "--directions", "2", "--hidden", "2", "--validation", "1", "--out", _task.At("o.onnx")],
        ])
        {
            Outcome run = Zo.Run(command).Done();
            run.Assumptions.ShouldBe(expected);
            run.Error.ShouldContain($"zo: note: 1 picture was skipped in {folder}: 1 HEIF (such as 3/a.heic);", Case.Sensitive);
        }

        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json")));
        document.RootElement.GetProperty("warnings").EnumerateArray().Last().GetString().ShouldStartWith($"1 picture was skipped in {folder}", Case.Sensitive);
    }

    [Fact]
    public void Photos_are_fitted_attacked_and_changed_at_their_own_size()
    {
        string folder = _task.At("photos");
        for (int label = 0; label < 5; label++)
        {
            string path = Path.Combine(folder, $"{label}", "a.png");
            WriteOf(path, label, side: 3);
        }

        byte[] cut = File.ReadAllBytes(Path.Combine(folder, "4", "a.png"));
        cut[^20] ^= 0x55;
        File.WriteAllBytes(Path.Combine(folder, "4", "a.png"), cut);
        string[] command = ["attack", "--model", _task.Model, "--images", folder, "--optimizer", "zo-adam", "--iterations", "60", "--seed", "5", "--out", _task.Out];

        Zo.Run([.. command, "--fit", "none"]).Error.ShouldContain("1×12×12", Case.Sensitive);
        Outcome run = Zo.Run([.. command, "--fit", "stretch", "--norm", "linf", "--write-back"]).Done();

        run.Assumptions.ShouldContain("pictures were stretched to 4×4 (antialiased bilinear)", Case.Sensitive);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json")));
        document.RootElement.Text("fit").ShouldBe("pictures were stretched to 4×4 (antialiased bilinear)");
        document.RootElement.GetProperty("skipped").EnumerateArray().Single().Text("reason").ShouldContain("4/a.png: is damaged or cut off");
        JsonElement[] fooled = [.. document.RootElement.Problems().Where(p => p.Truth("success"))];
        fooled.Length.ShouldBeGreaterThan(0);
        foreach (JsonElement problem in fooled)
        {
            PictureFile.Read(Path.Combine(_task.Out, problem.Text("photoFile"))).Shape.ShouldBe(new ImageShape(1, 12, 12));
        }

        run.Output.ShouldContain($"Put back into the pictures at their own size, {fooled.Count(p => p.Truth("photoSuccess"))} of {fooled.Length} changes still fool the model", Case.Sensitive);
    }

    [Fact]
    public void Files_beside_a_model_say_how_photos_become_its_input_and_what_its_classes_are_called()
    {
        string[] names = ["ant", "bee", "cat", "dog", "elk"];
        string published = _task.At("published"), folder = _task.At("photos"), model = Path.Combine(published, "onnx", "model.onnx");
        Directory.CreateDirectory(Path.GetDirectoryName(model)!);
        File.Copy(_task.Model, model);
        File.WriteAllText(Path.Combine(published, "preprocessor_config.json"), """{"do_normalize":false,"do_rescale":true,"do_resize":true,"image_processor_type":"ViTImageProcessor","resample":0,"rescale_factor":0.00392156862745098,"size":{"height":4,"width":4}}""");
        File.WriteAllText(Path.Combine(published, "config.json"), JsonSerializer.Serialize(new { id2label = names.Index().ToDictionary(pair => $"{pair.Index}", pair => pair.Item) }));
        for (int label = 0; label < 5; label++)
        {
            WriteOf(Path.Combine(folder, names[4 - label], "a.png"), 4 - label, side: 3);
        }

        const string Fitted = "pictures were stretched to 4×4 (nearest pixel)";
        Outcome run = Zo.Run("attack", "--model", model, "--images", folder, "--iterations", "1", "--smoothing", "0.001", "--out", _task.Out).Done();

        run.Assumptions.ShouldBe("input 'image' [N, 1, 4, 4] as NCHW images of 1×4×4, pixels as 0..1 (preprocessor_config.json) (5 of 5 images right), output 'logits' as logits of 5 classes; "
            + $"sub-folders ant, bee, cat, dog, elk were taken as classes 0, 1, 2, 3, 4; {Fitted}.");
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_task.Out, "result.json")));
        document.RootElement.Text("fit").ShouldBe(Fitted);
        document.RootElement.GetProperty("model").GetProperty("classNames").EnumerateArray().Select(name => name.GetString()).ShouldBe(names);

        Outcome inspected = Zo.Run("inspect", model, "--images", folder).Done();
        inspected.Output.ShouldContain("A file beside the model says that pixels are 0..1 (preprocessor_config.json).", Case.Sensitive);

        // What the user says counts before the files.
        Zo.Run("inspect", model, "--images", folder, "--pixels", "-1..1").Output.ShouldContain("-1..1", Case.Sensitive);
        Zo.Run("attack", "--model", _task.Model, "--images", folder, "--labels", "predicted", "--iterations", "1", "--smoothing", "0.001", "--out", _task.At("named"), "--pixels", Path.Combine(published, "preprocessor_config.json")).Done()
            .Assumptions.ShouldContain(Fitted, Case.Sensitive);
        File.WriteAllText(Path.Combine(published, "preprocessor_config.json"), """{"image_mean":[0.5],"image_std":[0]}""");
        Outcome refused = Zo.Run("inspect", model, "--images", folder);
        refused.Code.ShouldBe(2);
        refused.Error.ShouldContain("preprocessor_config.json: Pixel standard deviation 0", Case.Sensitive);
    }

    [Fact]
    public void Pictures_of_a_Parquet_file_are_fitted_and_attacked_like_those_of_a_folder()
    {
        string hub = Path.Combine(AppContext.BaseDirectory, "hub.parquet");
        string[] command = ["attack", "--model", _task.Model, "--images", hub, "--fit", "stretch", "--iterations", "1", "--smoothing", "0.001", "--out", _task.Out];

        Zo.Run([.. command, "--labels", "predicted"]).Done().Assumptions.ShouldEndWith(
            "each image is of the class that the model gives it; pictures were stretched to 4×4 (antialiased bilinear), 6 of 6 pictures were turned to gray.", Case.Sensitive);
        Zo.Run([.. command, "--min-accuracy", "0", "--write-back"]).Error.ShouldContain("column label of hub.parquet was taken as labels, with the names cat, dog, owl", Case.Sensitive);
    }

    [Fact]
    public void A_model_that_is_right_about_too_few_images_is_attacked_only_where_the_user_says_so()
    {
        string half = _task.Text("half.txt", string.Join('\n', _task.Labels.Select((label, i) => (label + (i % 2)) % 5)));
        string[] args = ["--model", _task.Model, "--images", _task.Images, "--labels", half, "--smoothing", "0.001", "--iterations", "1"];
        foreach (string[] command in (string[][])[["attack"], ["compare", "--optimizers", "zo-sgd"], ["tune", "--optimizers", "zo-sgd"]])
        {
            Outcome refused = Zo.Run([.. command, .. args, "--out", _task.At("refused")]);
            refused.Code.ShouldBe(2);
            refused.Error.ShouldContain("only 10 of the 20 images", Case.Sensitive);
            refused.Error.ShouldEndWith("(--min-accuracy).\n", Case.Sensitive);
            Path.Exists(_task.At("refused")).ShouldBeFalse();
            Zo.Run([.. command, .. args, "--out", _task.At(command[0]), "--min-accuracy", "0.5"]).Done().Assumptions.ShouldContain("(10 of 20 images right)", Case.Sensitive);
        }
    }

    private JsonElement Attack(params string[] images) => Zo.Run([
        "attack", "--json", "--model", _task.Model, "--smoothing", "0.001", "--iterations", "10", "--out", _task.Out, .. images]).Done().Document;

    // An image that the classifier surely takes for a class.
    private void WriteOf(string path, int label, int side = 1)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        int width = 4 * side;
        Png.Write(path, new PixelBuffer(width, width, 1, [.. Enumerable.Range(0, width * width)
            .Select(i => _task.Classifier.Weight(label, (i / width / side * 4) + (i % width / side)) > 0 ? (byte)255 : (byte)0)]));
    }

    private void Write(string path, int image)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Png.Write(path, PixelBuffer.FromImage(_task.Pixels.AsSpan(image * 16, 16), _task.Classifier.Image));
    }
}
