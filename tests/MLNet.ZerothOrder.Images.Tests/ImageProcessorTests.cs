using MLNet.ZerothOrder.Data;
using Shouldly;

namespace MLNet.ZerothOrder.Tests.Data;

/// <summary>The descriptions are those of published models; what they mean is what the transformers and timm libraries do with them.</summary>
public sealed class ImageProcessorTests : IDisposable
{
    private const string Usual = "pictures were resized to 256 on the shorter side (antialiased bilinear) and cropped to the centre 224×224";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a ViT", """{"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_processor_type":"ViTImageProcessor","image_std":[0.5,0.5,0.5],"resample":2,"rescale_factor":0.00392156862745098,"size":{"height":224,"width":224}}""", "pictures were stretched to 224×224 (antialiased bilinear)", -1f, 1f)]
    [InlineData("an older ViT", """{"do_normalize":true,"do_resize":true,"feature_extractor_type":"ViTFeatureExtractor","image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"resample":2,"size":224}""", "pictures were stretched to 224×224 (antialiased bilinear)", -1f, 1f)]
    [InlineData("a ResNet", """{"crop_pct":0.875,"do_normalize":true,"do_resize":true,"feature_extractor_type":"ConvNextFeatureExtractor","image_mean":[0.485,0.456,0.406],"image_std":[0.229,0.224,0.225],"resample":2,"size":224}""", Usual, -2.117904f, 2.2489083f)]
    [InlineData("a ConvNeXt of 384", """{"crop_pct":0.875,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_processor_type":"ConvNextImageProcessor","image_std":[0.5,0.5,0.5],"resample":3,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":384}}""", "pictures were stretched to 224×224 (antialiased bicubic)", -1f, 1f)]
    [InlineData("a PoolFormer", """{"crop_pct":0.9,"do_center_crop":true,"crop_size":{"height":224,"width":224},"do_normalize":false,"do_resize":true,"image_processor_type":"PoolFormerImageProcessor","resample":3,"size":{"shortest_edge":224}}""", "pictures were resized to 248 on the shorter side (antialiased bicubic) and cropped to the centre 224×224", 0f, 1f)]
    [InlineData("a LeViT", """{"do_center_crop":true,"do_normalize":false,"do_resize":true,"feature_extractor_type":"LevitFeatureExtractor","resample":3,"size":224}""", "pictures were resized to 256 on the shorter side (antialiased bicubic) and cropped to the centre 224×224", 0f, 1f)]
    [InlineData("a CLIP", """{"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,"feature_extractor_type":"CLIPFeatureExtractor","image_mean":[0.5,0.5,0.5],"image_std":[0.25,0.25,0.25],"resample":3,"size":224}""", "pictures were resized to 224 on the shorter side (antialiased bicubic) and cropped to the centre 224×224", -2f, 2f)]
    [InlineData("a DeiT", """{"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,"feature_extractor_type":"DeiTFeatureExtractor","image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"resample":3,"size":256}""", "pictures were stretched to 256×256 (antialiased bicubic) and cropped to the centre 224×224", -1f, 1f)]
    [InlineData("a MobileNet", """{"crop_size":{"height":224,"width":224},"do_center_crop":true,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_processor_type":"MobileNetV2ImageProcessor","image_std":[0.5,0.5,0.5],"resample":2,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":256}}""", Usual, -1f, 1f)]
    [InlineData("an EfficientNet", """{"do_center_crop":false,"do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],"image_processor_type":"EfficientNetImageProcessor","image_std":[0.5,0.5,0.5],"include_top":true,"resample":0,"rescale_factor":0.00392156862745098,"rescale_offset":false,"size":{"height":224,"width":224}}""", "pictures were stretched to 224×224 (nearest pixel)", -2f, 2f)]
    [InlineData("pixels from -1 by an offset", """{"do_normalize":false,"do_rescale":true,"do_resize":true,"image_processor_type":"EfficientNetImageProcessor","resample":1,"rescale_factor":0.00784313725490196,"rescale_offset":true,"size":{"height":224,"width":224}}""", "pictures were stretched to 224×224 (antialiased lanczos)", -1f, 1f)]
    [InlineData("bytes", """{"do_normalize":false,"do_rescale":false,"do_resize":true,"image_processor_type":"ViTImageProcessor","size":{"height":224,"width":224}}""", "pictures were stretched to 224×224 (antialiased bilinear)", 0f, 255f)]
    [InlineData("timm", """{"architecture":"resnet50","num_classes":1000,"pretrained_cfg":{"tag":"a1_in1k","input_size":[3,224,224],"crop_pct":0.95,"crop_mode":"center","interpolation":"bicubic","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]}}""", "pictures were resized to 235 on the shorter side (antialiased bicubic) and cropped to the centre 224×224", -2.117904f, 2.2489083f)]
    [InlineData("timm, squashed", """{"pretrained_cfg":{"input_size":[3,224,224],"crop_pct":1.0,"crop_mode":"squash","interpolation":"bilinear","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}}""", "pictures were stretched to 224×224 (antialiased bilinear) and cropped to the centre 224×224", -1f, 1f)]
    public void A_published_description_says_how_pictures_become_input(string model, string json, string fit, float black, float white)
    {
        ImageProcessor processor = ImageProcessor.Read(_folder.Write("preprocessor_config.json", json));

        processor.Fit!.Describe(224, 224).ShouldBe(fit, model);
        var values = new float[2];
        processor.Encoding.Encode(0, [0, 1], values);
        values[0].ShouldBe(black, 1e-5f, model);
        values[1].ShouldBe(white, 1e-5f, model);
        processor.Encoding.Name.ShouldEndWith("(preprocessor_config.json)");
    }

    [Fact]
    public void Channels_may_be_in_the_other_order()
    {
        ImageProcessor processor = ImageProcessor.Read(_folder.Write("p.json", """{"crop_size":{"height":256,"width":256},"do_center_crop":true,"do_flip_channel_order":true,"do_rescale":true,"do_resize":true,"image_processor_type":"MobileViTImageProcessor","resample":2,"rescale_factor":0.00392156862745098,"size":{"shortest_edge":288}}"""));

        processor.Encoding.Order.ShouldBe(ChannelOrder.Bgr);
        processor.Encoding.Equals(PixelEncoding.Unit.In(ChannelOrder.Bgr)).ShouldBeTrue();
        processor.Fit!.Resize.ShouldBe(288);
    }

    [Fact]
    public void It_is_found_beside_a_model_and_above_a_folder_called_onnx()
    {
        _folder.Write("preprocessor_config.json", """{"image_processor_type":"ViTImageProcessor","do_resize":true,"size":{"height":224,"width":224}}""");
        _folder.Write("config.json", """{"id2label":{"0":"cat","1":"dog"}}""");

        foreach (string model in (string[])["model.onnx", "onnx/model_quantized.onnx"])
        {
            ImageProcessor.Beside(_folder.Write(model, "x"))!.Path.ShouldBe(_folder.At("preprocessor_config.json"), model);
            ImageProcessor.ClassesBeside(_folder.At(model))!.Names.ShouldBe(["cat", "dog"], model);
        }

        ImageProcessor.Beside(_folder.Write("other/model.onnx", "x")).ShouldBeNull();
        ImageProcessor.ClassesBeside(_folder.At("other/model.onnx")).ShouldBeNull();
    }

    [Fact]
    public void Ultralytics_classifiers_take_the_largest_square_in_the_centre()
    {
        var metadata = new Dictionary<string, string> { ["author"] = "Ultralytics", ["task"] = "classify", ["names"] = "{0: 'cat', 1: 'dog'}" };

        PictureFit.OfMetadata(metadata)!.Describe(224, 224).ShouldBe("pictures were resized to 224 on the shorter side (antialiased bilinear) and cropped to the centre 224×224");
        PictureFit.OfMetadata(new Dictionary<string, string>(metadata) { ["task"] = "detect" }).ShouldBeNull();
        PictureFit.OfMetadata(new Dictionary<string, string>()).ShouldBeNull();
    }

    [Fact]
    public void Names_that_only_number_the_classes_are_none()
    {
        _folder.Write("config.json", """{"id2label":{"0":"LABEL_0","1":"LABEL_1"}}""");

        ImageProcessor.ClassesBeside(_folder.At("model.onnx")).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"architectures":["BertModel"],"hidden_size":768}""")]
    [InlineData("[1, 2]")]
    public void Another_programs_file_beside_a_model_does_not_count(string json)
    {
        string path = _folder.Write("config.json", json);

        ImageProcessor.Beside(_folder.At("model.onnx")).ShouldBeNull();
        Refused.With(() => ImageProcessor.Read(path), path, "preprocessor_config.json");
    }

    [Theory]
    [InlineData("{", "is no valid JSON")]
    [InlineData("""{"image_mean":"half"}""", "other types")]
    [InlineData("""{"image_mean":[0.5],"image_std":[0]}""", "standard deviation 0")]
    [InlineData("""{"image_mean":[0.5,0.5],"image_std":[1,1,1]}""", "2 means and 3 standard deviations")]
    [InlineData("""{"image_mean":[0.5],"image_std":[1],"size":{"longest_edge":400},"do_resize":true}""", "without shortest_edge")]
    [InlineData("""{"image_mean":[0.5],"image_std":[1],"size":0,"do_resize":true,"do_center_crop":true}""", "resized to 0")]
    [InlineData("""{"image_mean":[0.5],"image_std":[1],"size":8,"resample":5}""", "resample is 5")]
    [InlineData("""{"pretrained_cfg":{"input_size":[3,224,320]}}""", "[3, 224, 320]")]
    [InlineData("""{"pretrained_cfg":{"crop_mode":"border"}}""", "crop_mode is 'border'")]
    public void A_description_that_cannot_be_followed_is_refused_with_its_file(string json, string why)
    {
        string path = _folder.Write("preprocessor_config.json", json);

        Refused.With(() => ImageProcessor.Read(path), path, why);
    }
}
