"""Writing ONNX models, and adding to them, without the onnx package.

Protocol buffers are easy to write: a field is its number and kind, then its value. `Graph` collects
nodes and constants and gives a whole model; `expose` makes an inner tensor of a finished model an
output. Protocol buffers also merge: a message appended to its own serialised bytes adds to its
repeated fields ("Last One Wins" in the encoding's specification), so a graph gets one more node and
one more output by appending a few dozen bytes. Field numbers are those of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

_FLOAT, _INT8, _INT64 = 1, 3, 7  # TensorProto.DataType
_STORED = {"f4": _FLOAT, "i1": _INT8, "i8": _INT64}  # by numpy's name of the type
# AttributeProto.AttributeType
_FLOAT_ATTRIBUTE, _INT_ATTRIBUTE, _STRING_ATTRIBUTE, _INTS_ATTRIBUTE = 1, 2, 3, 7
_IR_VERSION, _OPSET = 7, 13  # understood by every onnxruntime since 1.7


def expose(model: bytes, tensor: str, name: str) -> bytes:
    """`model` with `tensor` cast to float32 as an additional last output called `name`."""
    cast = _node("Cast", [tensor], name, {"to": _FLOAT}, f"expose_{name}")
    kind = _bytes(1, _number(1, _FLOAT))  # TypeProto.tensor_type.elem_type
    output = _bytes(1, name.encode()) + _bytes(2, kind)
    return model + _bytes(7, _bytes(1, cast) + _bytes(12, output))


def noise_as_input(model: bytes, name: str) -> bytes:
    """`model` with its random numbers given by the caller, so that they can be given twice.

    Each ``RandomNormalLike`` node becomes a slice of a new one-dimensional float32 input, called
    `name` and its number (``noise0``, ``noise1``, ... in the order of the nodes), in the shape
    wanted. An input must have at least as many numbers as its node wants.
    """
    out = bytearray()
    for field, value in fields(model):
        out += again(field, _drawing_from(value, name) if field >> 3 == 7 else value)
    return bytes(out)


def _drawing_from(graph: bytes | int, name: str) -> bytes:
    assert isinstance(graph, bytes)
    out = bytearray()
    count = 0
    for field, value in fields(graph):
        if field >> 3 == 1 and isinstance(value, bytes):
            node = [(f >> 3, v) for f, v in fields(value)]
            if (4, b"RandomNormalLike") in node:
                like = next(v for f, v in node if f == 1)
                made = next(v for f, v in node if f == 2)
                assert isinstance(like, bytes)
                assert isinstance(made, bytes)
                out += _slice(f"{name}{count}", like.decode(), made.decode())
                count += 1
                continue
        out += again(field, value)
    zero = (
        _number(1, 1)
        + _number(2, _INT64)
        + _bytes(8, f"{name}_zero".encode())
        + _bytes(9, bytes(8))
    )
    out += _bytes(5, zero)
    for number in range(count):
        out += _bytes(11, _value(f"{name}{number}", (None,)))
    return bytes(out)


def _slice(source: str, like: str, made: str) -> bytes:
    """Nodes that give the first numbers of `source` in the shape of `like`, as `made`."""
    shape, size, part = (f"{source}_{step}" for step in ("shape", "size", "part"))
    zero = source.rstrip("0123456789") + "_zero"
    nodes = (
        _node("Shape", [like], shape, {}, shape),
        _node("ReduceProd", [shape], size, {"keepdims": 1}, size),
        _node("Slice", [source, zero, size], part, {}, part),
        _node("Reshape", [part, shape], made, {}, made),
    )
    return b"".join(_bytes(1, node) for node in nodes)


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
        self._constants.append(tensor(name, values))
        return name

    def add(self, operator: str, *inputs: str, **attributes: float | str | Sequence[int]) -> str:
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


def tensor(
    name: str, values: npt.NDArray[np.float32] | npt.NDArray[np.int64] | npt.NDArray[np.int8]
) -> bytes:
    """A serialised constant (TensorProto)."""
    name_of_type = values.dtype.str[1:]
    kind, data = _STORED[name_of_type], values.astype("<" + name_of_type).tobytes()
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, data)


def message(operator: str, inputs: Sequence[str], output: str, settings: bytes) -> bytes:
    """A serialised node, its attributes as another node had them or as `attributes` wrote them."""
    return _node(operator, inputs, output, {}, output) + settings


def attributes(named: Mapping[str, float | str | Sequence[int]]) -> bytes:
    """Attributes of a node, serialised."""
    return b"".join(_bytes(5, _attribute(key, value)) for key, value in named.items())


def _node(
    operator: str,
    inputs: Sequence[str],
    output: str,
    named: Mapping[str, float | str | Sequence[int]],
    name: str,
) -> bytes:
    return (
        b"".join(_bytes(1, tensor.encode()) for tensor in inputs)
        + _bytes(2, output.encode())
        + _bytes(3, name.encode())
        + _bytes(4, operator.encode())
        + attributes(named)
    )


def _attribute(name: str, value: float | str | Sequence[int]) -> bytes:
    head = _bytes(1, name.encode())
    if isinstance(value, str):
        return head + _bytes(4, value.encode()) + _number(20, _STRING_ATTRIBUTE)
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


def fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Tag and value of each field: bytes where its length is given, else the number as written."""
    place = 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        kind = tag & 7
        if kind == 0:
            value, place = _read_varint(message, place)
            yield tag, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size, place = _read_varint(message, place)
        yield tag, message[place : place + size]
        place += size


def again(tag: int, value: bytes | int) -> bytes:
    """A field as `fields` gave it."""
    if isinstance(value, int):
        return _varint(tag) + _varint(value)
    return _varint(tag) + (_varint(len(value)) if tag & 7 == 2 else b"") + value


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place


def _bytes(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)
