using System.Text.RegularExpressions;
using Shouldly;
using Xunit.Abstractions;

namespace MLNet.ZerothOrder.Tests;

public sealed class BadInputTests(BadInputFiles files, ITestOutputHelper log) : IClassFixture<BadInputFiles>
{
    /// <summary>What a user gets wrong → the command line, and what the sentence must say.</summary>
    private static readonly Dictionary<string, (Func<BadInputFiles, string[]> Args, string[] Says)> Cases = new()
    {
        ["unknown command"] = (_ => ["frob"], ["'frob'", "'zo --help'"]),
        ["mistyped command"] = (_ => ["atack"], ["'atack'", "did you mean 'attack'"]),
        ["unknown command below data"] = (_ => ["data", "imagenet"], ["'imagenet'", "'zo data --help'"]),
        ["unknown option"] = (f => Attack(f, "--frob"), ["'--frob'", "'zo attack --help'"]),
        ["mistyped option"] = (f => Attack(f, "--iteration", "3"), ["'--iteration'", "did you mean '--iterations'"]),
        ["another command's option"] = (f => ["inspect", f.Model, "--budget", "5"], ["'--budget'", "'zo inspect --help'"]),
        ["a word too many"] = (f => Attack(f, "zo-adam"), ["'zo-adam'", "'zo attack --help'"]),
        ["a value for a flag"] = (f => Attack(f, "--json=all"), ["'all'"]),
        ["a value that is not there"] = (f => Attack(f, "--count"), ["--count", "write --count N"]),
        ["an option where a value belongs"] = (f => Attack(f, "--optimizer", "--quiet"), ["--optimizer", "'--quiet'", "write --optimizer NAME"]),
        ["an option twice"] = (f => Attack(f, "--count", "3", "--count", "4"), ["--count", "2 times", "once"]),
        ["an empty value"] = (f => Attack(f, "--settings", ""), ["--settings is ''", "write --settings FILE"]),
        ["an empty output folder"] = (f => ["attack", "--model", f.Model, "--out", ""], ["--out is ''", "write --out DIR"]),
        ["a response file"] = (f => Attack(f, $"@{f.Labels}"), ["'@"]),
        ["compare without optimizers"] = (f => ["compare", "--model", f.Model], ["--optimizers is missing", "write --optimizers A,B,C"]),
        ["inspect without a model"] = (_ => ["inspect"], ["M.onnx", "'zo inspect --help'"]),

        ["--count 0"] = (f => Attack(f, "--count", "0"), ["--count is '0'", "1 to 10000000"]),
        ["--count abc"] = (f => Attack(f, "--count", "abc"), ["--count is 'abc'", "whole number"]),
        ["--count 1e3"] = (f => Attack(f, "--count", "1e3"), ["--count is '1e3'", "whole number"]),
        ["--count beyond int"] = (f => Attack(f, "--count", "99999999999"), ["--count is '99999999999'"]),
        ["--skip -1"] = (f => Attack(f, "--skip", "-1"), ["--skip is '-1'"]),
        ["--skip all"] = (f => Attack(f, "--skip", "20"), ["--skip 20", "all 20 images", "skip fewer"]),
        ["--iterations -3"] = (f => Attack(f, "--iterations", "-3"), ["--iterations is '-3'", "1 to"]),
        ["--iterations 0"] = (f => Attack(f, "--iterations", "0"), ["--iterations is '0'"]),
        ["--directions 0"] = (f => Attack(f, "--directions", "0"), ["--directions is '0'"]),
        ["--budget 0"] = (f => Attack(f, "--budget", "0"), ["--budget is '0'", "at least 1"]),
        ["--budget without room for a step"] = (f => Attack(f, "--budget", "21", "--directions", "20"), ["--budget 21", "20 directions", "22 queries", "at least 22", "--directions"]),
        ["--budget without room for a step of the dearest"] = (f => ["compare", "--model", f.Model, "--images", f.Images, "--labels", f.Labels, "--out", f.Earlier, "--optimizers", $"zo-sgd:antithetic,{f.At("optimizer.onnx")}", "--budget", "5"], ["--budget 5", "zo-sgd:antithetic", "at least 22"]),
        ["--patience 0"] = (f => Attack(f, "--patience", "0"), ["--patience is '0'"]),
        ["--time-limit 0"] = (f => Attack(f, "--time-limit", "0"), ["--time-limit is '0'", "from 0.001"]),
        ["--retries 0"] = (f => Attack(f, "--retries", "0"), ["--retries is '0'", "1 to 1000"]),
        ["--call-timeout 0"] = (f => Attack(f, "--call-timeout", "0"), ["--call-timeout is '0'", "from 0.001"]),
        ["--max-rate -1"] = (f => Attack(f, "--max-rate", "-1"), ["--max-rate is '-1'", "from 0.001"]),
        ["--repeat-check never"] = (f => Attack(f, "--repeat-check", "never"), ["--repeat-check is 'never'", "whole number"]),
        ["--record over a model"] = (f => Attack(f, "--record", f.Model), ["m.onnx", "is not a recording", "another file"]),
        ["--record a folder"] = (f => Attack(f, "--record", f.At("empty")), ["--record", "empty", "another file"]),
        ["--replay a file that is not there"] = (f => Attack(f, "--replay", f.At("nothing.zorec")), ["--replay", "nothing.zorec does not exist"]),
        ["--replay a model"] = (f => Attack(f, "--replay", f.Model), ["m.onnx", "not a recording"]),
        ["--replay and another option of a model"] = (f => Attack(f, "--replay", f.Model, "--retries", "3"), ["--replay", "--retries", "remove one of them"]),
        ["--batch 0"] = (f => Attack(f, "--batch", "0"), ["--batch is '0'", "1 to 1000000"]),
        ["--threads 0"] = (f => Attack(f, "--threads", "0"), ["--threads is '0'"]),
        ["--trials 0"] = (f => Attack(f, "--trials", "0"), ["--trials is '0'"]),
        ["--seed word"] = (f => Attack(f, "--seed", "one"), ["--seed is 'one'", "a whole number"]),
        ["--distortion-weight -1"] = (f => Attack(f, "--distortion-weight", "-1"), ["--distortion-weight is '-1'", "from 0"]),
        ["--distortion-weight NaN"] = (f => Attack(f, "--distortion-weight", "NaN"), ["--distortion-weight is 'NaN'"]),
        ["--confidence infinity"] = (f => Attack(f, "--confidence", "Infinity"), ["--confidence is 'Infinity'"]),
        ["--smoothing 0"] = (f => Attack(f, "--smoothing", "0"), ["--smoothing is '0'", "auto", "above 0"]),
        ["--smoothing 2"] = (f => Attack(f, "--smoothing", "2"), ["--smoothing is '2'", "up to 1"]),
        ["--smoothing 1e-60"] = (f => Attack(f, "--smoothing", "1e-60"), ["--smoothing is '1e-60'", "above 0"]),
        ["--smoothing word"] = (f => Attack(f, "--smoothing", "some"), ["--smoothing is 'some'", "auto"]),
        ["--norm l3"] = (f => Attack(f, "--norm", "l3"), ["--norm is 'l3'", "l1, l2, linf"]),
        ["--transform sigmoid"] = (f => Attack(f, "--transform", "sigmoid"), ["--transform is 'sigmoid'", "clip, tanh"]),
        ["--stop maybe"] = (f => Attack(f, "--stop", "maybe"), ["--stop is 'maybe'", "success, never"]),
        ["--layout nwhc"] = (f => Attack(f, "--layout", "nwhc"), ["--layout is 'nwhc'", "nchw, nhwc, flat"]),
        ["--scores numbers"] = (f => Attack(f, "--scores", "numbers"), ["--scores is 'numbers'", "log-probabilities"]),
        ["--target -1"] = (f => Attack(f, "--target", "-1"), ["--target is '-1'"]),
        ["--target 99"] = (f => Attack(f, "--target", "99"), ["99", "0..4", "5 classes", "from 0 to 4", "--target"]),
        ["--target equal to the label"] = (f => ["attack", "--model", f.Model, "--images", f.At("one.npy"), "--labels", f.At("one.txt"), "--target", $"{f.FirstLabel}", "--out", f.Earlier], ["true class", "choose another"]),
        ["--device gpu"] = (f => Attack(f, "--device", "gpu"), ["--device: ", "'gpu'", "auto, cpu, cuda"]),
        ["--device cuda:x"] = (f => Attack(f, "--device", "cuda:x"), ["'cuda:x'"]),
        ["a CUDA device that is not there"] = (f => Attack(f, "--device", "cuda:99"), ["99", "CUDA", "cpu"]),
        ["--pixels word"] = (f => Attack(f, "--pixels", "huh"), ["--pixels: ", "'huh'", "0..255"]),
        ["--pixels of three channels"] = (f => Attack(f, "--pixels", "imagenet"), ["3 channels", "1×4×4"]),
        ["--output of another name"] = (f => Attack(f, "--output", "probs"), ["'probs'", "'logits'", "--output"]),
        ["--layout that does not fit"] = (f => Attack(f, "--layout", "flat"), ["flat"]),

        ["an option before its command"] = (f => ["data", "--dir", f.At("empty"), "digits"], ["--dir comes after 'zo data digits'", "write 'zo data digits --dir"]),
        ["mistyped optimizer"] = (f => Attack(f, "--optimizer", "zo-adm"), ["'zo-adm'", "did you mean 'zo-adam'"]),
        ["half an optimizer's name"] = (f => Attack(f, "--optimizer", "scd"), ["'scd'", "did you mean 'zo-scd'"]),
        ["unknown optimizer"] = (f => Attack(f, "--optimizer", "gradient-descent"), ["'gradient-descent'", "zo-adam, zo-prox, zo-scd"]),
        ["unknown optimizer, antithetic"] = (f => Attack(f, "--optimizer", "zo-adm:antithetic"), ["'zo-adm'", "did you mean 'zo-adam'"]),
        ["a model as optimizer"] = (f => Attack(f, "--optimizer", f.Model), ["m.onnx", "classifier", "not a learned optimizer", "--model"]),
        ["a model among optimizers"] = (f => ["compare", "--model", f.Model, "--optimizers", $"zo-sgd,{f.Model}"], ["m.onnx", "not a learned optimizer", "--model"]),
        ["a model as optimizer to tune"] = (f => ["tune", "--model", f.Model, "--optimizers", f.Model], ["m.onnx", "only those are tuned", "--model"]),
        ["a model as optimizer of a bench"] = (f => ["bench", "attack", "--model", f.Model, "--optimizer", f.Model], ["m.onnx", "not a learned optimizer", "--model"]),
        ["a model as optimizer of bench step"] = (f => ["bench", "step", "--optimizer", f.Model], ["m.onnx", "not a learned optimizer", "--model"]),
        ["an optimizer as model"] = (f => Model(f, "optimizer.onnx"), ["optimizer.onnx", "learned optimizer", "--optimizer"]),
        ["an optimizer as model to compare on"] = (f => ["compare", "--model", f.At("optimizer.onnx"), "--optimizers", "zo-sgd"], ["learned optimizer", "--optimizer"]),
        ["an optimizer as model to tune on"] = (f => ["tune", "--model", f.At("optimizer.onnx"), "--images", f.Images, "--labels", f.Labels], ["learned optimizer", "--optimizer"]),
        ["an optimizer as model of bench oracle"] = (f => ["bench", "oracle", "--model", f.At("optimizer.onnx")], ["learned optimizer", "--optimizer"]),
        ["an optimizer as model of bench attack"] = (f => ["bench", "attack", "--model", f.At("optimizer.onnx")], ["learned optimizer", "--optimizer"]),
        ["an optimizer of another version as model"] = (f => Model(f, "optimizer-version.onnx"), ["learned optimizer", "--optimizer"]),
        ["missing optimizer"] = (f => Optimizer(f, "nowhere.onnx"), ["Optimizer file", "nowhere.onnx", "does not exist"]),
        ["missing optimizer, by a path without ending"] = (f => Optimizer(f, "nowhere"), ["Optimizer file", "nowhere'", "does not exist"]),
        ["missing optimizer of a known name"] = (f => Optimizer(f, "zo-sgd.onnx"), ["zo-sgd.onnx", "does not exist", "give 'zo-sgd'"]),
        ["a folder as optimizer"] = (f => Optimizer(f, "pngs"), ["pngs", "folder"]),
        ["empty optimizer"] = (f => Optimizer(f, "empty.onnx"), ["empty.onnx", "is empty"]),
        ["text as optimizer"] = (f => Optimizer(f, "text.onnx"), ["text.onnx", "not an ONNX model"]),
        ["truncated optimizer"] = (f => Optimizer(f, "optimizer-cut.onnx"), ["optimizer-cut.onnx", "cut off"]),
        ["optimizer of another version"] = (f => Optimizer(f, "optimizer-version.onnx"), ["optimizer-version.onnx", "version 9", "version 1"]),
        ["optimizer of wrong shapes"] = (f => Optimizer(f, "optimizer-shapes.onnx"), ["optimizer-shapes.onnx", "shape [1,20,1]"]),
        ["truncated optimizer, with a suffix"] = (f => Optimizer(f, "optimizer-cut.onnx:no-query"), ["optimizer-cut.onnx'", "cut off"]),
        ["a learned optimizer, antithetic"] = (f => Optimizer(f, "optimizer.onnx:antithetic"), ["optimizer.onnx'", "one-sided", "':antithetic' is not for it"]),
        ["a mistyped suffix"] = (f => Optimizer(f, "optimizer.onnx:noquery"), ["optimizer.onnx'", "':noquery'", "did you mean ':no-query'"]),
        ["an unknown suffix"] = (f => Optimizer(f, "optimizer.onnx:fast"), ["':fast'", "':no-query', ':no-update' or ':guided-es'"]),
        ["two suffixes"] = (f => Optimizer(f, "optimizer.onnx:no-query:no-update"), ["two suffixes"]),
        ["a learned suffix on a hand-designed optimizer"] = (f => Attack(f, "--optimizer", "zo-adam:no-query"), ["'zo-adam' has nothing learned", "'zo-adam:antithetic'"]),
        ["an unknown suffix on a hand-designed optimizer"] = (f => Attack(f, "--optimizer", "zo-adam:fast"), ["'zo-adam' knows no ':fast'", "'zo-adam:antithetic'"]),
        [":no-query without QueryRNN"] = (f => Optimizer(f, "optimizer-without-query.onnx:no-query"), ["without QueryRNN", "':no-query' changes nothing"]),
        [":no-update without QueryRNN"] = (f => Optimizer(f, "optimizer-without-query.onnx:no-update"), ["without QueryRNN", "run zo-sgd"]),
        [":no-update without QueryRNN, by ONNX Runtime"] = (f => [.. Optimizer(f, "optimizer-without-query.onnx:no-update"), "--step", "onnx"], ["without QueryRNN", "run zo-sgd"]),
        ["tune a learned optimizer"] = (f => ["tune", "--model", f.Model, "--optimizers", f.At("optimizer.onnx")], ["optimizer.onnx", "only those are tuned", "zo-signsgd"]),
        ["--composed maybe"] = (f => Attack(f, "--composed", "maybe"), ["--composed is 'maybe'", "auto, on, off"]),
        ["--composed on with directions of another kind"] = (f => Attack(f, "--optimizer", "zo-scd", "--composed", "on"), ["--composed is on", "zo-scd", "zo-prox"]),
        ["--mix 2"] = (f => [.. Optimizer(f, "optimizer.onnx"), "--mix", "2"], ["--mix is '2'", "from 0 to 1"]),
        ["--mix without a learned optimizer"] = (f => Attack(f, "--mix", "0.3"), ["--mix", "QueryRNN", "none is given"]),
        ["--mix without QueryRNN"] = (f => [.. Optimizer(f, "optimizer.onnx:no-query"), "--mix", "0.3"], ["--mix", "QueryRNN", "none is given"]),
        ["--scale 0"] = (f => [.. Optimizer(f, "optimizer.onnx"), "--scale", "0"], ["--scale is '0'"]),
        ["--scale 1e-60"] = (f => [.. Optimizer(f, "optimizer.onnx"), "--scale", "1e-60"], ["--scale is '1e-60'"]),
        ["--scale without UpdateRNN"] = (f => [.. Optimizer(f, "optimizer.onnx:no-update"), "--scale", "2"], ["--scale", "UpdateRNN", "none is given"]),
        ["--step without a learned optimizer"] = (f => Attack(f, "--optimizer", "zo-sgd", "--step", "onnx"), ["--step", "learned optimizers", "none is given"]),
        ["--step of another kind"] = (f => [.. Optimizer(f, "optimizer.onnx"), "--step", "cuda"], ["--step is 'cuda'", "managed, onnx"]),
        ["compare with an unknown optimizer"] = (f => ["compare", "--model", f.Model, "--optimizers", "zo-sgd,sdg"], ["'sdg'"]),
        ["compare with one twice"] = (f => ["compare", "--model", f.Model, "--optimizers", "zo-sgd,zo-sgd"], ["'zo-sgd' twice", "once"]),
        ["compare with none"] = (f => ["compare", "--model", f.Model, "--optimizers", ","], ["--optimizers", "separated by commas"]),
        ["--against one that does not run"] = (f => ["compare", "--model", f.Model, "--optimizers", "zo-sgd,zo-scd", "--against", "zo-sgd,zo-adam"], ["--against", "'zo-adam'", "zo-sgd, zo-scd"]),
        ["--against none"] = (f => ["compare", "--model", f.Model, "--optimizers", "zo-sgd,zo-scd", "--against", ","], ["--against names no optimizer", "separated by commas"]),

        ["missing model"] = (f => ["attack", "--model", f.At("nowhere.onnx"), "--out", f.Earlier], ["nowhere.onnx", "does not exist"]),
        ["a folder as model"] = (f => ["attack", "--model", f.At("pngs"), "--out", f.Earlier], ["pngs", "folder"]),
        ["empty model"] = (f => Model(f, "empty.onnx"), ["empty.onnx", "is empty"]),
        ["truncated model"] = (f => Model(f, "cut.onnx"), ["cut.onnx", "cut off"]),
        ["text as model"] = (f => Model(f, "text.onnx"), ["text.onnx", "not an ONNX model"]),
        ["model of a future opset"] = (f => Model(f, "future.onnx"), ["future.onnx", "opset 99"]),
        ["model of two inputs"] = (f => Model(f, "two-inputs.onnx"), ["two-inputs.onnx", "2 inputs"]),
        ["model of something else than images"] = (f => Model(f, "no-image.onnx"), ["no-image.onnx", "not an image"]),
        ["model of larger images"] = (f => Model(f, "larger.onnx"), ["larger.onnx", "1×4×4", "5"]),
        ["a model of other images than digits, and no images"] = (f => ["attack", "--model", f.At("colour.onnx"), "--out", f.Earlier], ["No images are named", "digits (1×28×28)", "colour.onnx, which takes 3×4×4", "--images", "--dataset"]),
        ["a model of fewer classes than digits, and no images"] = (f => ["attack", "--model", f.At("five-digits.onnx"), "--out", f.Earlier], ["No images are named", "five-digits.onnx, which knows 5 classes", "--images"]),
        ["a mistyped bundled model"] = (f => ["attack", "--model", "mnist-lnet", "--out", f.Earlier], ["'mnist-lnet' does not exist", "'mnist-lenet'"]),
        ["a mistyped bundled model to inspect"] = (_ => ["inspect", "zo-lstm-mnst"], ["'zo-lstm-mnst' does not exist", "'zo-lstm-mnist'"]),
        ["own images and no model"] = (f => ["attack", "--images", f.Images, "--labels", f.Labels, "--out", f.Earlier], ["No model is named", "1×4×4", "mnist-cnn.onnx, which takes 1×28×28", "--model"]),
        ["a truncated model and no images"] = (f => ["attack", "--model", f.At("cut.onnx"), "--out", f.Earlier], ["cut.onnx", "cut off"]),
        ["model of colour images"] = (f => Model(f, "colour.onnx"), ["colour.onnx", "none of the 20 images", "gray images were repeated in all colors"]),

        ["both kinds of images"] = (f => Attack(f, "--dataset", "mnist"), ["--images", "--dataset mnist", "one of them"]),
        ["unknown data set"] = (f => ["attack", "--dataset", "imagenet", "--out", f.Earlier], ["--dataset is 'imagenet'", "digits, mnist, cifar10"]),
        ["--shape without images"] = (f => ["attack", "--model", f.Model, "--shape", "1x4x4", "--out", f.Earlier], ["--shape needs --images", "remove --shape"]),
        ["--data without a data set"] = (f => ["attack", "--data", f.At("empty"), "--out", f.Earlier], ["--data", "mnist and cifar10", "--dataset"]),
        ["--data with own images"] = (f => Attack(f, "--data", f.At("empty")), ["--data", "--dataset"]),
        ["missing MNIST"] = (f => ["attack", "--dataset", "MNIST", "--data", f.At("empty"), "--out", f.Earlier], ["mnist", "'zo data'", "--data"]),
        ["missing CIFAR-10"] = (f => ["attack", "--dataset", "cifar10", "--data", f.At("nowhere"), "--out", f.Earlier], ["cifar10", "'zo data'", "--data"]),
        ["labels without images"] = (f => ["attack", "--labels", f.Labels, "--out", f.Earlier], ["--labels", "--images"]),
        ["missing images"] = (f => Images(f, f.At("nowhere")), ["--images", "nowhere does not exist", "check the path"]),
        ["a photo"] = (f => Images(f, f.At("photo.jpg")), ["photo.jpg", "single JPEG picture", "its folder"]),
        ["a photo with labels"] = (f => Images(f, f.At("photo.jpg"), f.Labels), ["photo.jpg", "single JPEG picture"]),
        ["a truncated CIFAR-10 file"] = (f => Images(f, f.At("batch.bin")), ["batch.bin", "byte 4001", "3073", "again"]),
        ["a folder of photos"] = (f => Images(f, f.At("photos")), ["photos", "none of its 3 pictures can be read", "a.jpg: is empty"]),
        ["a folder of photos with labels"] = (f => Images(f, f.At("photos/cat"), f.At("short.txt")), ["short.txt", "3 labels for the 2 pictures"]),
        ["sub-folders of other classes"] = (f => [.. Images(f, f.At("named")), "--pixels", "0..1"], ["none of the 2 images", "(sub-folders cat, dog were taken as classes 0, 1;"]),
        ["empty folder of images"] = (f => Images(f, f.At("empty")), ["empty", "picture"]),
        ["one PNG"] = (f => Images(f, f.SinglePng), [".png", "give its folder"]),
        ["a PNG of another size"] = (f => Images(f, f.At("sizes")), ["sizes/", "3.png", "1×4×5"]),
        [".npy of another size"] = (f => Images(f, f.At("larger.npy"), f.At("one.txt")), ["1×5×5", "give images of the model's size"]),
        [".npy of 0..255"] = (f => Images(f, f.At("bytes.npy"), f.At("one.txt")), ["bytes.npy", "255"]),
        ["truncated .npy"] = (f => Images(f, f.At("cut.npy"), f.Labels), ["cut.npy", "cut off"]),
        [".npy without labels"] = (f => Images(f, f.Images), ["images.npy", "--labels"]),
        [".npy of flat rows"] = (f => Images(f, f.At("flat.npy"), f.Labels), ["flat.npy", "--shape", "1x28x28"]),
        ["--shape of no image"] = (f => Attack(f, "--shape", "28"), ["--shape is '28'", "1x28x28"]),
        ["--shape of two channels"] = (f => Attack(f, "--shape", "2x2x4"), ["--shape is '2x2x4'"]),
        ["--shape of other images"] = (f => Attack(f, "--shape", "1x2x8"), ["1×2×8", "images.npy"]),
        ["too few labels"] = (f => Images(f, f.Images, f.At("short.txt")), ["short.txt", "3 labels for 20 images"]),
        ["labels that are words"] = (f => Images(f, f.Images, f.At("words.txt")), ["words.txt", "cat"]),
        ["missing labels"] = (f => Images(f, f.Images, f.At("nowhere.txt")), ["--labels", "nowhere.txt does not exist", "check the path"]),
        ["label outside the classes"] = (f => Images(f, f.Images, f.At("high.txt")), ["Label 5", "0..4", "5 classes"]),
        ["no correctly classified image"] = (f => [.. Images(f, f.Images, f.At("wrong.txt")), "--pixels", "0..1"], ["none of the 20 images", "check the labels"]),

        ["missing indices"] = (f => Attack(f, "--indices", f.At("nowhere.idx")), ["--indices", "nowhere.idx", "one index per line"]),
        ["a folder as indices"] = (f => Attack(f, "--indices", f.At("pngs")), ["--indices", "pngs is a folder"]),
        ["indices of nothing"] = (f => Attack(f, "--indices", f.At("none.idx")), ["--indices", "names no image"]),
        ["a negative index"] = (f => Attack(f, "--indices", f.At("negative.idx")), ["--indices", "line 2 is '-1'", "at least 0"]),
        ["an index that is a word"] = (f => Attack(f, "--indices", f.At("words.idx")), ["--indices", "line 2 is 'two'"]),
        ["an index beyond the images"] = (f => Attack(f, "--indices", f.At("high.idx")), ["--indices", "image 20", "0..19"]),

        ["missing settings"] = (f => Attack(f, "--settings", f.At("nowhere.json")), ["nowhere.json", "'zo tune'"]),
        ["a folder as settings"] = (f => Attack(f, "--settings", f.At("pngs")), ["pngs", "'zo tune'"]),
        ["empty settings"] = (f => Attack(f, "--settings", f.At("empty.json")), ["empty.json", "'zo tune'"]),
        ["settings that are not JSON"] = (f => Attack(f, "--settings", f.At("text.onnx")), ["text.onnx is cut off or is not JSON (line 1)", "'zo tune'"]),
        ["settings of another form"] = (f => Attack(f, "--settings", f.At("array.json")), ["array.json", "'zo tune'"]),
        ["settings of another program"] = (f => Attack(f, "--settings", f.At("other.json")), ["other.json", "learningRate", "'zo tune'"]),
        ["settings without settings"] = (f => Attack(f, "--settings", f.At("null.json")), ["null.json", "'zo tune'"]),
        ["settings out of range"] = (f => Attack(f, "--settings", f.At("negative.json")), ["negative.json", "StepSize", "-1", "'zo tune'"]),
        ["bad settings beside the model"] = (f => Model(f, "beside.onnx"), ["beside.settings.json", "'zo tune'"]),

        ["a file as output folder"] = (f => Into(f, f.At("file")), ["file'", "cannot be written", "--out"]),
        ["an output folder below a file"] = (f => Into(f, f.At("file/x")), ["file/x'", "cannot be written", "--out"]),
        ["an output folder with a folder result.json"] = (f => Into(f, f.At("blocked")), ["blocked'", "result.json", "--out"]),
        ["tune into a folder"] = (f => Tune(f, f.At("empty")), ["empty", "name a file"]),
        ["tune below a file"] = (f => Tune(f, f.At("file/x.json")), ["file'", "--out"]),
        ["tune into something else"] = (f => Tune(f, f.Labels), ["labels.txt", "'zo tune'"]),
        ["tune into another model's settings"] = (f => Tune(f, f.At("foreign.json")), ["foreign.json", "other.onnx", "--out"]),
        ["tune an unknown optimizer"] = (f => ["tune", "--model", f.Model, "--optimizers", "adamw"], ["'adamw'"]),

        ["train without --out"] = (f => ["train", "--model", f.Model], ["--out is missing", "write --out F.onnx"]),
        ["train into a folder"] = (f => TrainInto(f, f.At("pngs")), ["--out", "pngs is a folder", "name a file"]),
        ["train below a file"] = (f => TrainInto(f, f.At("file/x.onnx")), ["file'", "cannot be written", "--out"]),
        ["train into a classifier"] = (f => TrainInto(f, f.Model), ["--out", "m.onnx", "no learned optimizer"]),
        ["train into something else"] = (f => TrainInto(f, f.Labels), ["--out", "labels.txt", "no learned optimizer"]),
        ["train with an unknown backend"] = (f => Train(f, "--backend", "numpy"), ["--backend is 'numpy'", "managed, torchsharp"]),
        ["train with an unknown meta-gradient"] = (f => Train(f, "--meta-gradient", "exact"), ["--meta-gradient: ", "'exact'", "coordinatewise or directions:N"]),
        ["train with a meta-gradient of no directions"] = (f => Train(f, "--meta-gradient", "directions:0"), ["'directions:0'", "directions:64"]),
        ["train QueryRNN behind nothing"] = (f => Train(f, "--stage", "query"), ["--stage query", "--init", "--stage both"]),
        ["train on guided estimates without a guide"] = (f => Train(f, "--stage", "guided"), ["--stage guided", "--init"]),
        ["train the paper's QueryRNN around ZO-SGD"] = (f => Train(f, "--around-sgd", "2"), ["--around-sgd", "--architecture gated", "remove it"]),
        ["train a gated UpdateRNN around ZO-SGD"] = (f => Train(f, "--architecture", "gated", "--stage", "update", "--around-sgd", "2"), ["--stage update", "--around-sgd has no effect"]),
        ["train with a shortest horizon above the longest"] = (f => Train(f, "--shortest-horizon", "9", "--horizon", "8"), ["--shortest-horizon is 9", "--horizon 8", "at most the longest"]),
        ["train with a shortest horizon of 0"] = (f => Train(f, "--shortest-horizon", "0"), ["--shortest-horizon is '0'"]),
        ["train a stage of a proximal step"] = (f => Train(f, "--stage", "update", "--architecture", "proximal"), ["--stage update", "remove --stage"]),
        ["train from another architecture"] = (f => Train(f, "--init", f.At("optimizer.onnx"), "--architecture", "proximal"), ["of the paper architecture", "the proximal one"]),
        ["train from another hidden size"] = (f => Train(f, "--init", f.At("optimizer.onnx"), "--hidden", "5"), ["with 4 hidden units", "with 5", "same architecture and hidden size"]),
        ["train from a classifier"] = (f => Train(f, "--init", f.Model), ["m.onnx", "not a learned optimizer", "--model"]),
        ["train from a bundled optimizer of another hidden size"] = (f => Train(f, "--init", "zo-lstm-mnist", "--hidden", "5"), ["with 10 hidden units", "with 5"]),
        ["train from a missing optimizer"] = (f => Train(f, "--init", f.At("nowhere.onnx")), ["nowhere.onnx", "does not exist"]),
        ["train from a truncated optimizer"] = (f => Train(f, "--init", f.At("optimizer-cut.onnx")), ["optimizer-cut.onnx'", "cut off"]),
        ["train on an optimizer"] = (f => ["train", "--out", f.At("new.onnx"), "--model", f.At("optimizer.onnx"), "--images", f.Images, "--labels", f.Labels], ["optimizer.onnx", "learned optimizer", "--optimizer"]),
        ["train on a missing model"] = (f => ["train", "--out", f.At("new.onnx"), "--model", f.At("nowhere.onnx")], ["nowhere.onnx", "does not exist"]),
        ["train on a model that always says the same"] = (f => ["train", "--quiet", "--out", f.At("new.onnx"), "--model", f.At("constant.onnx"), "--images", f.Images, "--labels", f.At("constant.txt"), "--pixels", "0..1", "--horizon", "2", "--directions", "2", "--meta-gradient", "directions:2", "--hidden", "2"], ["scores did not change in any query", "check that it is a classifier"]),
        ["train a proximal step on a model that always says the same"] = (f => ["train", "--quiet", "--architecture", "proximal", "--out", f.At("new.onnx"), "--model", f.At("constant.onnx"), "--images", f.Images, "--labels", f.At("constant.txt"), "--pixels", "0..1", "--horizon", "2", "--directions", "2", "--meta-gradient", "directions:2", "--hidden", "2"], ["scores did not change in any query"]),
        ["train on too few images"] = (f => Train(f, "--count", "1"), ["classifies 1 of", "none is left for training", "--count"]),
        ["train on images for validation alone"] = (f => Train(f, "--count", "5", "--validation", "5"), ["classifies 5 of", "5 of them are for validation", "validate on fewer (--count, --validation)"]),
        ["train on images of another size"] = (f => ["train", "--out", f.At("new.onnx"), "--model", f.Model, "--images", f.At("larger.npy"), "--labels", f.At("one.txt")], ["1×5×5", "give images of the model's size"]),
        ["train on wrong labels"] = (f => ["train", "--out", f.At("new.onnx"), "--model", f.Model, "--images", f.Images, "--labels", f.At("wrong.txt"), "--pixels", "0..1"], ["classifies none of the"]),
        ["train on binary classification with images"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--images", f.Images], ["--task binary", "--images has no effect", "remove it"]),
        ["train on binary classification with a data set"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--dataset", "mnist"], ["--task binary", "--dataset has no effect", "remove it"]),
        ["train on binary classification with a model"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--model", f.Model], ["--task binary", "--model has no effect", "remove it"]),
        ["resume without a checkpoint"] = (f => Train(f, "--resume"), ["no checkpoint", "new.onnx.checkpoint", "start a new training"]),
        ["train on binary classification with --validation"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--validation", "3"], ["--task binary", "--validation has no effect"]),
        ["train on binary classification with --norm"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--norm", "l2"], ["--task binary", "--norm has no effect"]),
        ["train on binary classification with --threads"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--threads", "2"], ["--task binary", "--threads has no effect"]),
        ["train on binary classification with --count"] = (f => ["train", "--task", "binary", "--out", f.At("new.onnx"), "--count", "9"], ["--task binary", "--count has no effect"]),
        ["train UpdateRNN with problems of QueryRNN"] = (f => Train(f, "--stage", "update", "--query-problems", "3"), ["--stage update", "--query-problems has no effect"]),
        ["train QueryRNN with problems of UpdateRNN"] = (f => Train(f, "--stage", "query", "--init", f.At("optimizer.onnx"), "--learning-rate", "0.1"), ["--stage query", "--learning-rate has no effect"]),
        ["train a proximal step with a rate of QueryRNN"] = (f => Train(f, "--architecture", "proximal", "--query-learning-rate", "0.1"), ["--architecture proximal", "--query-learning-rate has no effect"]),
        ["train on an unknown task"] = (f => Train(f, "--task", "sleep"), ["--task is 'sleep'", "attack, binary"]),
        ["train an unknown architecture"] = (f => Train(f, "--architecture", "transformer"), ["--architecture is 'transformer'", "paper, gated, proximal"]),
        ["train an unknown stage"] = (f => Train(f, "--stage", "third"), ["--stage is 'third'", "update, query, both, guided"]),
        ["train for an unknown objective"] = (f => Train(f, "--objective", "square"), ["--objective is 'square'", "linear, logarithmic, mean"]),
        ["train --hidden 0"] = (f => Train(f, "--hidden", "0"), ["--hidden is '0'", "1 to 256"]),
        ["train --hidden 257"] = (f => Train(f, "--hidden", "257"), ["--hidden is '257'", "1 to 256"]),
        ["train --horizon 0"] = (f => Train(f, "--horizon", "0"), ["--horizon is '0'"]),
        ["train --truncation word"] = (f => Train(f, "--truncation", "all"), ["--truncation is 'all'", "whole number"]),
        ["train --problems 0"] = (f => Train(f, "--problems", "0"), ["--problems is '0'"]),
        ["train --query-problems -1"] = (f => Train(f, "--query-problems", "-1"), ["--query-problems is '-1'"]),
        ["train --side-by-side 0"] = (f => Train(f, "--side-by-side", "0"), ["--side-by-side is '0'"]),
        ["train --epoch 0"] = (f => Train(f, "--epoch", "0"), ["--epoch is '0'"]),
        ["train --validation 0"] = (f => Train(f, "--validation", "0"), ["--validation is '0'"]),
        ["train --learning-rate 0"] = (f => Train(f, "--learning-rate", "0"), ["--learning-rate is '0'", "above 0 and up to 1"]),
        ["train --query-learning-rate 2"] = (f => Train(f, "--query-learning-rate", "2"), ["--query-learning-rate is '2'"]),
        ["train --final-rate 0"] = (f => Train(f, "--final-rate", "0"), ["--final-rate is '0'"]),
        ["train --epsilon NaN"] = (f => Train(f, "--epsilon", "NaN"), ["--epsilon is 'NaN'"]),
        ["train --problem-clip 0"] = (f => Train(f, "--problem-clip", "0"), ["--problem-clip is '0'"]),
        ["train --smoothing 1e-60"] = (f => Train(f, "--smoothing", "1e-60"), ["--smoothing is '1e-60'", "to 1"]),
        ["train --seed word"] = (f => Train(f, "--seed", "one"), ["--seed is 'one'"]),

        ["inspect a missing model"] = (f => ["inspect", f.At("nowhere.onnx")], ["nowhere.onnx"]),
        ["inspect with images that do not fit"] = (f => ["inspect", f.Model, "--images", f.At("larger.npy"), "--labels", f.At("one.txt")], ["1×5×5"]),
        ["inspect --count without images"] = (f => ["inspect", f.Model, "--count", "3"], ["--count", "none are named", "--images or --dataset"]),
        ["inspect --smoothing without images"] = (f => ["inspect", f.Model, "--smoothing"], ["--smoothing", "--images"]),
        ["inspect --smoothing with wrong labels"] = (f => ["inspect", f.Model, "--smoothing", "--images", f.Images, "--labels", f.At("wrong.txt"), "--pixels", "0..1"], ["--smoothing", "none of 20"]),
        ["inspect an optimizer with a classifier's options"] = (f => ["inspect", f.At("optimizer.onnx"), "--pixels", "mnist"], ["optimizer.onnx", "learned optimizer", "--pixels does not apply"]),
        ["inspect an optimizer of another version"] = (f => ["inspect", f.At("optimizer-version.onnx")], ["optimizer-version.onnx", "version 9"]),
        ["inspect a truncated optimizer"] = (f => ["inspect", f.At("optimizer-cut.onnx")], ["optimizer-cut.onnx", "cut off"]),
        ["bench step of a hand-designed optimizer"] = (_ => ["bench", "step", "--optimizer", "zo-adam"], ["'zo-adam'", "a learned optimizer's file"]),
        ["bench step with a suffix"] = (f => ["bench", "step", "--optimizer", f.At("optimizer.onnx:no-query")], [":no-query'", "without a suffix"]),
        ["bench step --dimension 0"] = (_ => ["bench", "step", "--dimension", "0"], ["--dimension is '0'", "1 to 1000000"]),
        ["inspect with labels alone"] = (f => ["inspect", f.Model, "--labels", f.Labels], ["--labels", "--images"]),
        ["data digits --count 0"] = (_ => ["data", "digits", "--count", "0"], ["--count is '0'"]),
        ["data into a file"] = (f => ["data", "digits", "--count", "6", "--dir", f.At("file")], ["file/digits'", "--dir"]),
        ["report a report"] = (f => ["report", Path.Combine(f.Earlier, "report.html")], ["report.html is not JSON (line 1, byte 1)", "result.json"]),
        ["bench an unknown optimizer"] = (f => ["bench", "attack", "--model", f.Model, "--optimizer", "adamw"], ["'adamw'"]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bad_input_gets_one_sentence_and_exit_code_2_and_loses_nothing(string name)
    {
        string[] before = files.Everything();
        Outcome outcome = Zo.Run(Cases[name].Args(files));
        log.WriteLine(outcome.Error);

        outcome.Code.ShouldBe(2);
        outcome.Output.ShouldBe("");
        outcome.Error.ShouldMatch(@"\Azo: [^\n]+[.?]\r?\n\z");
        foreach (var part in Cases[name].Says)
        {
            outcome.Error.ShouldContain(part, Case.Sensitive);
        }
        outcome.Error.ShouldNotMatch(@"Exception|   at ");
        files.Everything().ShouldBe(before);
    }

    private static string[] Attack(BadInputFiles f, params string[] more) =>
        ["attack", "--model", f.Model, "--images", f.Images, "--labels", f.Labels, "--out", f.Earlier, .. more];

    private static string[] Optimizer(BadInputFiles f, string optimizer) => Attack(f, "--optimizer", f.At(optimizer));

    private static string[] Model(BadInputFiles f, string model) =>
        ["attack", "--model", f.At(model), "--images", f.Images, "--labels", f.Labels, "--out", f.Earlier];

    private static string[] Images(BadInputFiles f, string images, string? labels = null) =>
        ["attack", "--model", f.Model, "--images", images, "--out", f.Earlier, .. labels is null ? Array.Empty<string>() : ["--labels", labels]];

    private static string[] Into(BadInputFiles f, string folder) =>
        ["attack", "--model", f.Model, "--images", f.Images, "--labels", f.Labels, "--out", folder];

    private static string[] TrainInto(BadInputFiles f, string file) =>
        ["train", "--model", f.Model, "--images", f.Images, "--labels", f.Labels, "--out", file];

    private static string[] Train(BadInputFiles f, params string[] more) => [.. TrainInto(f, f.At("new.onnx")), .. more];

    private static string[] Tune(BadInputFiles f, string file) =>
        ["tune", "--model", f.Model, "--images", f.Images, "--labels", f.Labels, "--optimizers", "zo-sgd", "--out", file];
}
