"""Writes a copy of a gated optimizer whose correction, the first output of UpdateRNN, is multiplied by a factor.

    python3 scale_correction.py trained.onnx zo-lstm-binary.onnx --factor 0.85

Training follows the loss of the next unrolled steps only, so it learns corrections that help soon and harm late in long runs. One factor, chosen on
training problems by whole runs, removes most of that. Needs the onnx package (Debian: python3-onnx). The file's description of its training gets the
factor, and its validation loss, which was that of the weights before, becomes NaN.
"""

import argparse
from pathlib import Path

import onnx
from onnx import helper, numpy_helper


def scaled(model, factor):
    properties = {entry.key: entry.value for entry in model.metadata_props}
    if properties.get("networks") != "gated":
        raise SystemExit(f"The networks of this file are {properties.get('networks', 'unknown')}, and only gated ones have a correction; give a gated optimizer.")

    # The output layer: a column of weights and a bias for each of the three outputs.
    for tensor in model.graph.initializer:
        if tensor.name in ("update.V", "update.v"):
            values = numpy_helper.to_array(tensor).copy()
            values[..., 0] *= factor
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    properties["validationLoss"] = "NaN"
    helper.set_model_props(model, {**properties, "trainedOn": f"{properties['trainedOn']}; then correction x {factor:g}"})
    onnx.checker.check_model(model, full_check=True)
    return model


def positive(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return value


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("input", type=Path, help="the optimizer")
    arguments.add_argument("output", type=Path, help="the copy to write")
    arguments.add_argument("--factor", type=positive, required=True, help="what its corrections are multiplied by")
    options = arguments.parse_args()
    if not options.input.is_file():
        raise SystemExit(f"{options.input} is no file; give a gated optimizer as .onnx.")
    onnx.save(scaled(onnx.load(str(options.input)), options.factor), str(options.output))


if __name__ == "__main__":
    main()
