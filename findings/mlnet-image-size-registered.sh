#!/usr/bin/env bash
# ML.NET 5.0.1 (Microsoft.ML.ImageAnalytics): an image column of a size that is set at run time can be read only if some class of the program declares the same size in an attribute.
#
# A SchemaDefinition gives an MLImage column the type ImageDataViewType(height, width), as is usual for vectors whose length is known at run time only. LoadFromEnumerable
# takes it; reading the column throws that the type 'MLImage' is not supported. If a class anywhere in the program has [ImageType] with that height and width, and
# was used before, the same code works.
# Surprising because the message names the type and not the size, vectors of any length work this way, and an unrelated class decides.
# Who meets it: whoever reads pictures of the size that a model asks for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > app.cs <<'END'
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.ImageAnalytics@5.0.1
#:property PublishAot=false
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

var ml = new MLContext(1);

string Read(int height, int width)
{
    try
    {
        var schema = SchemaDefinition.Create(typeof(Row), SchemaDefinition.Direction.Read);
        schema["Picture"].ColumnType = new ImageDataViewType(height, width);
        var rows = new[] { new Row { Picture = MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, new byte[4 * width * height]) } };
        IDataView view = ml.Data.LoadFromEnumerable(rows, schema);
        return ml.Transforms.ExtractPixels("pixels", "Picture").Fit(view).Transform(view).GetColumn<float[]>("pixels").Single().Length + " floats";
    }
    catch (Exception e)
    {
        return e.GetBaseException().Message.Split('\n')[0];
    }
}

string before = Read(5, 7);
_ = ml.Data.LoadFromEnumerable(new Other[0]);
string after = Read(5, 7);
Console.WriteLine($"a size that no class declares: {before}\nafter a class of that size was used: {after}");
return before.Contains("MLImage") && after == "105 floats" ? 0 : 1;

class Row
{
    [ImageType(1, 1)]
    public MLImage? Picture { get; set; }
}

class Other
{
    [ImageType(5, 7)]
    public MLImage? Anything { get; set; }
}
END
dotnet run app.cs
