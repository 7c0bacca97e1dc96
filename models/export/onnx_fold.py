"""Shape arithmetic of a traced graph -> constants: the tracer knows every shape but still writes down how to find them."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

_ARITHMETIC = {
    *("Add", "Cast", "Concat", "ConstantOfShape", "Div", "Equal", "Gather", "Identity", "Mod", "Mul", "Neg", "Pow"),
    *("ReduceProd", "Reshape", "Slice", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze", "Where"),
}
_LARGEST_FOLDED = 256  # elements; weights stay as they are
_ROUNDS = 12


def constants_of(graph) -> dict[str, TensorProto]:
    """Tensors of the graph's initialisers and Constant nodes by name: changing one changes the graph."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            found.update({node.output[0]: attribute.t for attribute in node.attribute if attribute.name == "value"})
    return found


def _skeleton(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without its weights: shape inference needs their sizes only."""
    copy = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
    copy.graph.name = model.graph.name
    copy.graph.node.extend(model.graph.node)
    copy.graph.input.extend(model.graph.input)
    copy.graph.output.extend(model.graph.output)
    for tensor in model.graph.initializer:
        if np.prod(tensor.dims) <= _LARGEST_FOLDED:
            copy.graph.initializer.add().CopyFrom(tensor)
        else:
            copy.graph.input.add().CopyFrom(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return copy


def known_shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Fully known shapes of the values in a model, by name."""
    inferred = shape_inference.infer_shapes(_skeleton(model), data_prop=True).graph
    shapes = {}
    for value in [*inferred.value_info, *inferred.input, *inferred.output]:
        sizes = value.type.tensor_type.shape.dim
        if value.type.tensor_type.HasField("shape") and all(size.HasField("dim_value") for size in sizes):
            shapes[value.name] = [size.dim_value for size in sizes]
    return shapes


def _evaluate(node, known: dict[str, np.ndarray], shapes: dict[str, list[int]]) -> np.ndarray | None:
    if node.op_type == "Shape" and node.input[0] in shapes:
        return np.array(shapes[node.input[0]], np.int64)
    if node.op_type not in _ARITHMETIC or any(name and name not in known for name in node.input):
        return None
    (value,) = ReferenceEvaluator(node).run(None, {name: known[name] for name in node.input if name})
    return value if np.size(value) <= _LARGEST_FOLDED else None


def _fold_once(model: onnx.ModelProto) -> int:
    shapes = known_shapes(model)
    small = {name: tensor for name, tensor in constants_of(model.graph).items() if np.prod(tensor.dims) <= _LARGEST_FOLDED}
    known = {name: numpy_helper.to_array(tensor) for name, tensor in small.items()}
    folded = 0
    for node in model.graph.node:
        value = None if node.op_type == "Constant" else _evaluate(node, known, shapes)
        if value is None:
            continue
        name = node.output[0]
        known[name] = value
        node.CopyFrom(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value, name)))
        folded += 1
    return folded


def _drop_unused(graph) -> None:
    """Remove nodes and initialisers whose results nobody reads."""
    wanted = {port.name for port in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    used = [tensor for tensor in graph.initializer if tensor.name in wanted]
    if len(used) < len(graph.initializer):
        del graph.initializer[:]
        graph.initializer.extend(used)


def share_constants(graph) -> None:
    """Turn Constant nodes into initialisers, equal ones into one. In place."""
    first: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    nodes = []
    for node in graph.node:
        tensor = next((a.t for a in node.attribute if a.name == "value"), None) if node.op_type == "Constant" else None
        if tensor is None:
            nodes.append(node)
            continue
        name = node.output[0]
        key = bytes([tensor.data_type]) + repr(list(tensor.dims)).encode() + numpy_helper.to_array(tensor).tobytes()
        renamed[name] = first.setdefault(key, name)
        if renamed[name] == name:
            graph.initializer.add().CopyFrom(tensor)
            graph.initializer[-1].name = name
    for node in nodes:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    del graph.node[:]
    graph.node.extend(nodes)


def fold_shapes(model: onnx.ModelProto) -> None:
    """Evaluate everything that depends on shapes and constants alone. In place."""
    for _ in range(_ROUNDS):
        if _fold_once(model) == 0:
            break
    _drop_unused(model.graph)
