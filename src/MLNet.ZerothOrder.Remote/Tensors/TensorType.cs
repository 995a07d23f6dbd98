namespace MLNet.ZerothOrder;

/// <summary>The number formats of the Open Inference Protocol, by their names there.</summary>
internal enum TensorType
{
    FP32,
    FP64,
    FP16,
    BF16,
    UINT8,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT16,
    UINT32,
    UINT64,
    BOOL,
    BYTES,
}
