"""Small graphs as onnxruntime's dynamic quantisation writes them."""

from onnx import helper

from interactspeech.models.onnx_graph import Graph


class Quantised(Graph):
    """A graph with a node of several outputs, which `Graph` has no need of."""

    def quantiser(self, x):
        names = ["xq", "xs", "xz"]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [x], names, "quantiser"))
        return names
