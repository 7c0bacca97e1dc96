"""torch module -> ONNX file with one symbolic batch size and no shape arithmetic inside.

The graph is traced at one batch size, so that every shape folds to a constant; then the constants that mention the
batch are freed. The result runs at any batch size and is fully static where the session fixes `batch`
(ONNX Runtime: a free dimension override).
"""
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnx_fold import constants_of, fold_shapes, known_shapes, share_constants
from onnx_half import demote

OPSET = 17
_TRACED_BATCH = 2
_LARGEST_SINGLE_FILE = 1_950_000_000  # protobuf stops at 2 GiB
BATCH = "batch"


@dataclass(frozen=True)
class Port:
    """An input or output: its name, element type and shape; None in front stands for the batch."""

    name: str
    dtype: torch.dtype
    shape: tuple[int | None, ...]

    def example(self) -> torch.Tensor:
        """Zeros of this type at the traced batch size."""
        return torch.zeros([_TRACED_BATCH if size is None else size for size in self.shape], dtype=self.dtype)


def export_fixed_shapes(module, path: Path, inputs: list[Port], output: str, keep_names: bool, half: bool) -> list[Path]:
    """Export with a symbolic batch; answers the files written (a second one with the weights above 2 GB).

    half: demote what was traced (onnx_half.py).
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / "draft.onnx"
        _trace(module, draft, inputs, output)
        model = onnx.load(draft)
        fold_shapes(model)
        _state_output_shapes(model)
        _free_batch(model.graph)
        return _save(model, path, keep_names, half)


def export_sound(module, path: Path, example: torch.Tensor, output: str, keep_names: bool, half: bool) -> list[Path]:
    """Export the audio encoder, whose batch and length are symbolic (its few shape operations stay)."""
    axes = {"mel": {0: BATCH, 2: "frames"}, output: {0: BATCH, 1: "features"}}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / "draft.onnx"
        _trace(module, draft, [Port("mel", example.dtype, tuple(example.shape))], output, axes)
        return _save(onnx.load(draft), path, keep_names, half)


def _trace(module, path: Path, inputs: list[Port], output: str, axes: dict | None = None) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(port.example() for port in inputs),
            str(path),
            input_names=[port.name for port in inputs],
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            do_constant_folding=True,
            dynamo=False,
        )


def _state_output_shapes(model: onnx.ModelProto) -> None:
    """Write the outputs' sizes where the tracer put names for them."""
    shapes = known_shapes(model)
    for port in model.graph.output:
        for size, value in zip(port.type.tensor_type.shape.dim, shapes.get(port.name, ())):
            size.dim_value = value


def _free_batch(graph) -> None:
    """Let every Reshape keep its input's leading size (0) where the traced batch stood, and name the batch."""
    constants = constants_of(graph)
    batch_sizes = {_TRACED_BATCH, 2 * _TRACED_BATCH}  # the crop encoder works on pairs
    for node in graph.node:
        sized = node.op_type == "Resize" and len(node.input) > 3 and node.input[3]
        if sized or node.op_type in ("Shape", "Expand", "ConstantOfShape", "Tile"):
            raise ValueError(f"{node.op_type} {node.name} would tie the graph to one batch size")
        if node.op_type != "Reshape":
            continue
        tensor = constants[node.input[1]]
        shape = numpy_helper.to_array(tensor).copy()
        if shape[0] in batch_sizes:
            shape[0] = 0
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
        elif shape[0] not in (0, -1):
            raise ValueError(f"Reshape {node.name} to {shape.tolist()} does not begin with the batch")
    for port in [*graph.input, *graph.output]:
        port.type.tensor_type.shape.dim[0].dim_param = BATCH
    del graph.value_info[:]


def _shorten_names(graph) -> None:
    """Replace the long paths of the traced modules by numbers: half the size of a tiny graph."""
    kept = {port.name for port in [*graph.input, *graph.output]}
    short: dict[str, str] = {"": ""}

    def rename(name: str) -> str:
        return name if name in kept else short.setdefault(name, format(len(short), "x"))

    for tensor in graph.initializer:
        tensor.name = rename(tensor.name)
    for node in graph.node:
        node.name = ""
        node.input[:] = [rename(name) for name in node.input]
        node.output[:] = [rename(name) for name in node.output]


def _save(model: onnx.ModelProto, path: Path, keep_names: bool, half: bool) -> list[Path]:
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.ClearField("doc_string")
    share_constants(model.graph)
    if half:
        demote(model)
    if not keep_names:
        _shorten_names(model.graph)
    weights = path.with_name(path.name + ".data")
    weights.unlink(missing_ok=True)
    if sum(len(tensor.raw_data) for tensor in model.graph.initializer) <= _LARGEST_SINGLE_FILE:
        onnx.save(model, path)
        return [path]
    onnx.save(model, path, save_as_external_data=True, location=weights.name, size_threshold=1024)
    return [path, weights]


def describe(path: Path) -> dict:
    """Inputs and outputs of a file as the manifest states them, and its operator set."""
    model = onnx.load(path, load_external_data=False)

    def port(value) -> dict:
        tensor = value.type.tensor_type
        name = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
        return {"type": name, "shape": [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]}

    return {
        "opset": model.opset_import[0].version,
        "inputs": {value.name: port(value) for value in model.graph.input},
        "outputs": {value.name: port(value) for value in model.graph.output},
    }
