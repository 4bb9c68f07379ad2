"""Weights of four bits and fewer in an ONNX file: two to a byte, which ONNX Runtime unpacks as it loads the file.

It computes what depends on no input once, and so runs the same int8 kernels as for a model of int8 weights. Its kernel
for four bits, `MatMulNBits`, multiplies in fp32, and takes twice as long. ONNX's own type of four bits is unknown to
ONNX Runtime in a browser, so bytes are taken apart by arithmetic.
"""

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from compressions.storage.bit_fields import to_bit_fields

OFFSET = 8  # a stored number is the weight plus 8


def store_as_int4(model: onnx.ModelProto) -> None:
    """Store the int8 matrices of an exported model, whose numbers are from -8 to 7, two to a byte, in place."""
    graph = model.graph
    matrices = [each for each in graph.initializer if each.data_type == TensorProto.INT8 and len(each.dims) == 2]
    nodes = []
    for matrix in matrices:
        numbers = numpy_helper.to_array(matrix)
        graph.initializer.remove(matrix)
        pairs = to_bit_fields(numbers, 4)
        pairs = pairs << 4 | pairs >> 4  # the first of two is the lower
        graph.initializer.append(numpy_helper.from_array(pairs, f"{matrix.name}_pairs"))
        nodes += _unpacking(matrix.name, numbers.shape)
    old = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *old])


def _unpacking(name: str, shape: tuple[int, ...]) -> list[NodeProto]:
    """The nodes that make the int8 matrix `name` of the bytes in `{name}_pairs`."""
    constants = {"four": np.uint8(4), "lower": np.uint8(15), "last": np.array([1]), "count": np.array([np.prod(shape)])}
    constants |= {"first": np.array([0]), "flat": np.array([-1]), "offset": np.int32(OFFSET), "shape": np.array(shape)}
    steps = [
        ("BitShift", ["pairs", "four"], "uppers", {"direction": "RIGHT"}),
        ("BitwiseAnd", ["pairs", "lower"], "lowers", {}),
        ("Unsqueeze", ["lowers", "last"], "left", {}),
        ("Unsqueeze", ["uppers", "last"], "right", {}),
        ("Concat", ["left", "right"], "columns", {"axis": 1}),
        ("Reshape", ["columns", "flat"], "padded", {}),
        ("Slice", ["padded", "first", "count"], "row", {}),
        ("Reshape", ["row", "shape"], "stored", {}),
        ("Cast", ["stored"], "wide", {"to": TensorProto.INT32}),
        ("Sub", ["wide", "offset"], "numbers", {}),
    ]
    nodes = [
        helper.make_node("Constant", [], [f"{name}_{key}"], value=numpy_helper.from_array(np.asarray(value)))
        for key, value in constants.items()
    ]
    for kind, given, found, attributes in steps:
        nodes.append(helper.make_node(kind, [f"{name}_{each}" for each in given], [f"{name}_{found}"], **attributes))
    return [*nodes, helper.make_node("Cast", [f"{name}_numbers"], [name], to=TensorProto.INT8)]
