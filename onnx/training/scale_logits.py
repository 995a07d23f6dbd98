"""Writes a copy of a classifier whose scores are multiplied by a factor.

    python3 scale_logits.py ../targets/mnist-cnn.onnx mnist-cnn-x3.onnx --factor 3

The copy gives every image the same class, and its attack loss has another scale: an optimizer that depends on the scale of
the loss it was tuned or trained on shows it there. Needs the onnx package (Debian: python3-onnx). The model's one output keeps
its name; its other metadata stays as it is, with `logits.factor` added.
"""

import argparse
from pathlib import Path

import numpy
import onnx
from onnx import helper, numpy_helper


def scaled(model, factor):
    graph = model.graph
    if len(graph.output) != 1:
        raise SystemExit(f"The model has {len(graph.output)} outputs; give a classifier whose only output are its scores.")
    output = graph.output[0]
    kind = output.type.tensor_type.elem_type
    if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16):
        raise SystemExit(f"The output {output.name} is no float tensor; give a classifier whose output are logits.")

    taken = {name for node in graph.node for name in (*node.input, *node.output)} | {value.name for value in graph.initializer}
    plain, constant = f"{output.name}_unscaled", f"{output.name}_factor"
    if taken & {plain, constant}:
        raise SystemExit(f"The model holds {plain} or {constant}: it was scaled before; scale the original instead.")

    # Whoever reads the logits inside the graph reads the plain ones, too.
    for node in graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name == output.name:
                    names[i] = plain
    graph.initializer.append(numpy_helper.from_array(numpy.array(factor, helper.mapping.TENSOR_TYPE_TO_NP_TYPE[kind]), constant))
    graph.node.append(helper.make_node("Mul", [plain, constant], [output.name], name=f"scale_{output.name}"))
    properties = {entry.key: entry.value for entry in model.metadata_props}
    helper.set_model_props(model, {**properties, "logits.factor": f"{factor:g}"})
    onnx.checker.check_model(model, full_check=True)
    return model


def positive(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number")
    return value


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("input", type=Path, help="the classifier")
    arguments.add_argument("output", type=Path, help="the copy to write")
    arguments.add_argument("--factor", type=positive, default=3, help="what its logits are multiplied by (3)")
    options = arguments.parse_args()
    if not options.input.is_file():
        raise SystemExit(f"{options.input} is no file; give a classifier as .onnx.")
    onnx.save(scaled(onnx.load(str(options.input)), options.factor), str(options.output))


if __name__ == "__main__":
    main()
