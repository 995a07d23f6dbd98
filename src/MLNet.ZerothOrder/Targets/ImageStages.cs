using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using MLNet.ZerothOrder.Data;

namespace MLNet.ZerothOrder;

/// <summary>
/// The first stages of a fitted model of images, up to the one that extracts pixels. They load and resize. An attack changes the picture that reaches the extraction, which
/// has the size of the model's input, and asks the later stages about its pixels.
/// </summary>
/// <remarks>Only this class uses types of Microsoft.ML.ImageAnalytics, so that programs without image columns need no such package.</remarks>
internal sealed class ImageStages
{
    private const int Colors = 3;
    private const int BytesPerPixel = 4;

    private readonly ITransformer _extraction;
    private readonly float _black;
    private readonly float _white;

    // The byte of a BGRA picture that each pixel value comes from.
    private readonly int[] _byteOf;

    private ImageStages(MLContext context, ITransformer[] stages, int at, string image, int height, int width)
    {
        _extraction = stages[at];
        Before = new TransformerChain<ITransformer>(stages[..(at + 1)]);
        After = new TransformerChain<ITransformer>(stages[(at + 1)..]);
        ImageColumn = image;
        Height = height;
        Width = width;
        Resizes = stages[..at].Any(stage => stage is ImageResizingTransformer);

        // The extraction adds one column, the last one.
        var only = new DataViewSchema.Builder();
        only.AddColumn(image, Type);
        PixelColumn = _extraction.GetOutputSchema(only.ToSchema())[^1].Name;
        _black = Extract(context, (_, _) => 0)[0];
        _white = Extract(context, (_, _) => 255)[0];
        _byteOf = Locate(context);
    }

    /// <summary>The stages from the data to the pixels.</summary>
    public ITransformer Before { get; }

    /// <summary>The stages from the pixels to the scores.</summary>
    public ITransformer After { get; }

    /// <summary>The column of the pictures that are extracted.</summary>
    public string ImageColumn { get; }

    /// <summary>The column of the extracted pixels.</summary>
    public string PixelColumn { get; }

    /// <summary>The height of the pictures that are extracted.</summary>
    public int Height { get; }

    /// <summary>The width of the pictures that are extracted.</summary>
    public int Width { get; }

    /// <summary>Whether a stage resizes, for which ML.NET takes the nearest pixel.</summary>
    public bool Resizes { get; }

    /// <summary>Values per picture.</summary>
    public int Pixels => _byteOf.Length;

    /// <summary>The shape of the extracted pixels.</summary>
    public ImageShape Shape => new(Pixels / (Height * Width), Height, Width);

    /// <summary>Whether the extracted pixels are stored pixel by pixel.</summary>
    public bool IsInterleaved => Shape.Channels > 1 && _byteOf[0] / BytesPerPixel == _byteOf[1] / BytesPerPixel;

    /// <summary>The smallest value of the extracted pixels.</summary>
    public float Minimum => Math.Min(_black, _white);

    /// <summary>The largest value of the extracted pixels.</summary>
    public float Maximum => Math.Max(_black, _white);

    /// <summary>The type of adversarial pictures.</summary>
    public DataViewType Type => new ImageDataViewType(Height, Width);

    /// <summary>Splits a model at its last extraction of pixels.</summary>
    /// <param name="context">The context of ML.NET.</param>
    /// <param name="model">The fitted model.</param>
    /// <param name="schema">The schema of the data; null for a saved model.</param>
    /// <param name="saved">The saved model.</param>
    /// <exception cref="InputException">The model extracts no pixels, or not the colors of pictures of known size as floats.</exception>
    public static ImageStages Of(MLContext context, ITransformer model, DataViewSchema? schema, SavedTarget? saved = null)
    {
        ITransformer[] stages = [.. TransformerTarget.Stages(model)];
        int at = Array.FindLastIndex(stages, stage => stage is ImagePixelExtractingTransformer);
        if (at < 0)
        {
            throw new InputException("The attacked column is no vector of Single, and the model has no ExtractPixels stage; attack an image column of a model that loads, resizes and extracts (FromTransformer with the whole chain), or a vector.");
        }

        if (schema is null)
        {
            return new ImageStages(context, stages, at, saved!.ImageColumn!, saved.ImageHeight, saved.ImageWidth);
        }

        DataViewSchema.Column[] images;
        try
        {
            schema = ((ITransformer)new TransformerChain<ITransformer>(stages[..at])).GetOutputSchema(schema);
            DataViewSchema.Column[] extracted = [.. stages[at].GetOutputSchema(schema).Skip(schema.Count)];
            images = [.. stages[at].GetRowToRowMapper(schema).GetDependencies(extracted)];
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new InputException($"The model does not run on the rows ({e.Message.ReplaceLineEndings(" ")}); give the model from the attacked column on.", e);
        }

        return images is not [var image] ? throw new InputException($"The model's ExtractPixels stage extracts {images.Length} columns; give a model of one image.")
            : image.Type is ImageDataViewType { Height: > 0, Width: > 0 } type ? new ImageStages(context, stages, at, image.Name, type.Height, type.Width)
            : throw new InputException($"The pictures of column '{image.Name}' have no known size; put a ResizeImages stage in front of ExtractPixels.");
    }

    /// <summary>The shape of the column of adversarial pictures.</summary>
    public static SchemaShape AddTo(MLContext context, SchemaShape schema, SchemaShape.Column input) =>
        input.ItemType == TextDataViewType.Instance
            ? context.Transforms.LoadImages(AttackColumns.Adversarial, "", input.Name).GetOutputSchema(schema)
            : context.Transforms.CopyColumns(AttackColumns.Adversarial, input.Name).GetOutputSchema(schema);

    /// <summary>A getter of pictures with these pixels, rounded to 8 bits. It does not dispose the value that it replaces, because CreateEnumerable hands out every value.</summary>
    public Delegate Getter(Func<ReadOnlyMemory<float>> pixels) => (ValueGetter<MLImage>)((ref MLImage value) => value = Draw(pixels().Span));

    private MLImage Draw(ReadOnlySpan<float> pixels)
    {
        var bytes = new byte[Height * Width * BytesPerPixel];
        for (int i = 0; i < pixels.Length; i++)
        {
            byte value = (byte)Math.Clamp(MathF.Round((pixels[i] - _black) / (_white - _black) * 255), 0, 255);
            bytes[_byteOf[i]] = value;

            // One extracted color is a picture of gray.
            if (pixels.Length == Height * Width)
            {
                bytes.AsSpan(_byteOf[i] / BytesPerPixel * BytesPerPixel, Colors).Fill(value);
            }
        }

        return Opaque(bytes);
    }

    private MLImage Opaque(byte[] bytes)
    {
        for (int i = BytesPerPixel - 1; i < bytes.Length; i += BytesPerPixel)
        {
            bytes[i] = 255;
        }

        return MLImage.CreateFromPixels(Width, Height, MLPixelFormat.Bgra32, bytes);
    }

    // The order and the range of the values are not public. Pictures whose bytes are the digits of the bytes' own numbers show both.
    private int[] Locate(MLContext context)
    {
        var numbers = new int[Extract(context, (_, _) => 0).Length];
        for (int shift = 0; Height * Width * Colors >> shift > 0; shift += 8)
        {
            float[] values = Extract(context, (pixel, color) => (byte)((pixel * Colors) + color >> shift));
            for (int i = 0; i < values.Length; i++)
            {
                float digit = (values[i] - _black) / (_white - _black) * 255;
                if (!(Math.Abs(digit - MathF.Round(digit)) < 0.01 && digit is > -0.5f and < 255.5f))
                {
                    throw Unreadable();
                }

                numbers[i] |= (int)MathF.Round(digit) << shift;
            }
        }

        return numbers.Distinct().Count() == numbers.Length && numbers.All(number => number < Height * Width * Colors)
            ? [.. numbers.Select(number => (number / Colors * BytesPerPixel) + (number % Colors))] : throw Unreadable();

        static InputException Unreadable() => new("The values of the model's ExtractPixels stage are not the red, green or blue of single pixels; extract colors without alpha, with one offset and one scale.");
    }

    private float[] Extract(MLContext context, Func<int, int, byte> color)
    {
        var bytes = new byte[Height * Width * BytesPerPixel];
        for (int pixel = 0; pixel < Height * Width; pixel++)
        {
            for (int c = 0; c < Colors; c++)
            {
                bytes[(pixel * BytesPerPixel) + c] = color(pixel, c);
            }
        }

        // A view of objects gives only image types of a registered size.
        new ImageTypeAttribute(Height, Width).Register();
        using MLImage image = Opaque(bytes);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(OneImage));
        (schema[0].ColumnName, schema[0].ColumnType) = (ImageColumn, Type);
        IDataView extracted = _extraction.Transform(context.Data.LoadFromEnumerable([new OneImage { Image = image }], schema));
        return AttackColumns.VectorSize(extracted.Schema[PixelColumn]) > 0
            ? [.. extracted.GetColumn<VBuffer<float>>(PixelColumn).First().DenseValues()]
            : throw new InputException($"The model's ExtractPixels stage gives column '{PixelColumn}' of type {extracted.Schema[PixelColumn].Type}; extract floats (outputAsFloatArray: true).");
    }

    private sealed class OneImage
    {
        [ImageType(1, 1)]
        public MLImage? Image { get; set; }
    }
}
