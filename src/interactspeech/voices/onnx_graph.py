"""Writing ONNX models, and adding to them, without the onnx package.

Protocol buffers are easy to write: a field is its number and kind, then its value. `Graph` collects
nodes and constants and gives a whole model; `expose` makes an inner tensor of a finished model an
output. Protocol buffers also merge: a message appended to its own serialised bytes adds to its
repeated fields ("Last One Wins" in the encoding's specification), so a graph gets one more node and
one more output by appending a few dozen bytes. Field numbers are those of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _INTS_ATTRIBUTE = 1, 2, 7  # AttributeProto.AttributeType
_IR_VERSION, _OPSET = 7, 13  # understood by every onnxruntime since 1.7


def expose(model: bytes, tensor: str, name: str) -> bytes:
    """`model` with `tensor` cast to float32 as an additional last output called `name`."""
    cast = _node("Cast", [tensor], name, {"to": _FLOAT}, f"expose_{name}")
    kind = _bytes(1, _number(1, _FLOAT))  # TypeProto.tensor_type.elem_type
    output = _bytes(1, name.encode()) + _bytes(2, kind)
    return model + _bytes(7, _bytes(1, cast) + _bytes(12, output))


class Graph:
    """A model in the making: constants and nodes in order, float32 throughout.

    >>> graph = Graph()
    >>> graph.input("x", ("time",))
    'x'
    >>> model = graph.model(graph.add("Relu", "x"), (None,))
    """

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._count = 0

    def input(self, name: str, shape: Sequence[int | str | None]) -> str:
        """A float32 input; a dimension is a number, a name, or None if anything goes."""
        self._inputs.append(_value(name, shape))
        return name

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> str:
        """The name of a constant with these values."""
        name = self._name("c")
        kind = _INT64 if values.dtype == np.int64 else _FLOAT
        data = values.astype("<i8" if kind == _INT64 else "<f4").tobytes()
        dims = b"".join(_number(1, size) for size in values.shape)
        self._constants.append(dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, data))
        return name

    def add(self, operator: str, *inputs: str, **attributes: float | Sequence[int]) -> str:
        """One node; the name of its output."""
        name = self._name("t")
        self._nodes.append(_node(operator, inputs, name, attributes, name))
        return name

    def model(self, output: str, shape: Sequence[int | str | None]) -> bytes:
        """The serialised model whose only output is `output`."""
        graph = (
            b"".join(_bytes(1, node) for node in self._nodes)
            + _bytes(2, b"graph")
            + b"".join(_bytes(5, constant) for constant in self._constants)
            + b"".join(_bytes(11, value) for value in self._inputs)
            + _bytes(12, _value(output, shape))
        )
        opset = _bytes(1, b"") + _number(2, _OPSET)
        return _number(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, opset)

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


def _node(
    operator: str,
    inputs: Sequence[str],
    output: str,
    attributes: dict[str, float | Sequence[int]],
    name: str,
) -> bytes:
    return (
        b"".join(_bytes(1, tensor.encode()) for tensor in inputs)
        + _bytes(2, output.encode())
        + _bytes(3, name.encode())
        + _bytes(4, operator.encode())
        + b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
    )


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    head = _bytes(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, _INT_ATTRIBUTE)
    if isinstance(value, float):
        data = np.asarray(value, "<f4").tobytes()
        return head + _varint(2 << 3 | 5) + data + _number(20, _FLOAT_ATTRIBUTE)
    numbers = b"".join(_number(8, item) for item in value)
    return head + numbers + _number(20, _INTS_ATTRIBUTE)


def _value(name: str, shape: Sequence[int | str | None]) -> bytes:
    dimensions = b"".join(_bytes(1, _dimension(size)) for size in shape)
    kind = _bytes(1, _number(1, _FLOAT) + _bytes(2, dimensions))
    return _bytes(1, name.encode()) + _bytes(2, kind)


def _dimension(size: int | str | None) -> bytes:
    if size is None:
        return b""
    return _bytes(2, size.encode()) if isinstance(size, str) else _number(1, size)


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1  # negative numbers are written as 64 bits
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)
