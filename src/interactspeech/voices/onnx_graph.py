"""Making an inner tensor of an ONNX model an output, without the onnx package.

Protocol buffers merge: a message appended to its own serialised bytes adds to its repeated fields
("Last One Wins" in the encoding's specification). So a graph gets one more node and one more output
by appending a few dozen bytes. Field numbers are those of onnx.proto (ModelProto.graph = 7,
GraphProto.node = 1 and .output = 12, NodeProto.input = 1, .output = 2, .name = 3, .op_type = 4,
.attribute = 5).
"""

from __future__ import annotations

_FLOAT, _INT_ATTRIBUTE = 1, 2  # TensorProto.FLOAT, AttributeProto.INT


def expose(model: bytes, tensor: str, name: str) -> bytes:
    """`model` with `tensor` cast to float32 as an additional last output called `name`."""
    to_float = _bytes(1, b"to") + _number(3, _FLOAT) + _number(20, _INT_ATTRIBUTE)
    cast = (
        _bytes(1, tensor.encode())
        + _bytes(2, name.encode())
        + _bytes(3, f"expose_{name}".encode())
        + _bytes(4, b"Cast")
        + _bytes(5, to_float)
    )
    kind = _bytes(1, _number(1, _FLOAT))  # TypeProto.tensor_type.elem_type
    output = _bytes(1, name.encode()) + _bytes(2, kind)
    return model + _bytes(7, _bytes(1, cast) + _bytes(12, output))


def _varint(number: int) -> bytes:
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
