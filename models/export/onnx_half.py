"""A graph traced one precision up -> half precision: float32 becomes float16, float64 becomes float32.

Tracing runs the network once, and float16 on a CPU without instructions for it takes many times as long. What must stay
in float32 (bytes to numbers and back, the mel) is therefore traced in float64, the rest in float32.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_DEMOTED = {TensorProto.FLOAT: TensorProto.FLOAT16, TensorProto.DOUBLE: TensorProto.FLOAT}
_LARGEST_HALF = 65504
_ALWAYS_FLOAT32 = {"Resize": (1, 2)}  # inputs that the operator wants in float32: region and scales


def _demote(tensor: TensorProto) -> None:
    values = numpy_helper.to_array(tensor)
    target = _DEMOTED[tensor.data_type]
    if target == TensorProto.FLOAT16 and values.size and np.abs(values).max() > _LARGEST_HALF:
        raise ValueError(f"{tensor.name} has values beyond half precision")
    tensor.CopyFrom(numpy_helper.from_array(values.astype(helper.tensor_dtype_to_np_dtype(target)), tensor.name))


def _kept_names(graph) -> set[str]:
    """Constants that stay float32; they must not be read by anything else."""
    kept, others = set(), set()
    for node in graph.node:
        places = _ALWAYS_FLOAT32.get(node.op_type, ())
        for place, name in enumerate(node.input):
            (kept if place in places else others).add(name)
    if kept & others - {""}:
        raise ValueError(f"{sorted(kept & others)} are read both as float32 and as half precision")
    return kept


def demote(model: onnx.ModelProto) -> None:
    """Convert a graph without Constant nodes. In place."""
    graph = model.graph
    kept = _kept_names(graph)
    for tensor in graph.initializer:
        if tensor.data_type in _DEMOTED and tensor.name not in kept:
            _demote(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to":
                attribute.i = _DEMOTED.get(attribute.i, attribute.i)
            elif attribute.HasField("t") and attribute.t.data_type in _DEMOTED:
                _demote(attribute.t)
    for port in [*graph.input, *graph.output]:
        kind = port.type.tensor_type
        kind.elem_type = _DEMOTED.get(kind.elem_type, kind.elem_type)
    del graph.value_info[:]
