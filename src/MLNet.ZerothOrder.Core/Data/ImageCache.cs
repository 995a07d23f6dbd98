namespace MLNet.ZerothOrder.Data;

/// <summary>The images of a source at one size. The latest ones are kept, so that a small set is read once and a large one does not fill the memory.</summary>
internal sealed class ImageCache(IImageSource source, ImageShape shape)
{
    private const long MostFloats = 1 << 24;

    private readonly Dictionary<int, float[]> _images = [];
    private readonly Dictionary<int, string> _errors = [];
    private readonly Queue<int> _order = new();
    private readonly Lock _lock = new();

    public IImageSource Source => source;

    /// <summary>Why an image cannot be read; null if it can.</summary>
    public string? Error(int index)
    {
        try
        {
            Image(index);
            return null;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    }

    public float[] Image(int index)
    {
        lock (_lock)
        {
            if (_images.TryGetValue(index, out float[]? kept))
            {
                return kept;
            }

            if (_errors.TryGetValue(index, out string? error))
            {
                throw new InputException(error);
            }
        }

        // Not under the lock, so that several threads decode at once.
        float[]? image = null;
        string? failure = null;
        try
        {
            image = source.Read(index, shape);
        }
        catch (InputException e)
        {
            failure = e.Message;
        }

        lock (_lock)
        {
            if (image is null)
            {
                _errors[index] = failure!;
                throw new InputException(failure!);
            }

            if (_images.TryAdd(index, image))
            {
                _order.Enqueue(index);
                while ((long)_order.Count * shape.Length > MostFloats && _order.Count > 1)
                {
                    _images.Remove(_order.Dequeue());
                }
            }

            return image;
        }
    }
}
