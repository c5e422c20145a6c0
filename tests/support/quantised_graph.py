"""Small graphs as onnxruntime's dynamic quantisation writes them."""

from interactspeech.models.onnx_graph import Graph, _bytes, _node, _number


class Quantised(Graph):
    """A graph with what `Graph` has no need of: 8-bit constants and nodes of several outputs."""

    def octets(self, values):
        name = self._name("q")
        dims = b"".join(_number(1, size) for size in values.shape)
        self._constants.append(
            dims + _number(2, 2) + _bytes(8, name.encode()) + _bytes(9, values.tobytes())
        )
        return name

    def quantiser(self, x):
        node = _node("DynamicQuantizeLinear", [x], "xq", {}, "quantiser")
        self._nodes.append(node + _bytes(2, b"xs") + _bytes(2, b"xz"))
        return "xq", "xs", "xz"
