"""Chains of small operators turned into few that do the same in fewer passes over memory.

Two kinds, as exporters of StyleTTS 2 and Kokoro write them (y = f(x), axes: channel, time):

- a normalisation over time with a gain and an offset a channel, written as ten operators, is an
  ``InstanceNormalization``;
- the snake activation ``y + sin²(a y) / a`` after one (Ziyin et al. 2020, "Neural Networks Fail to
  Learn Periodic Functions and How to Fix It") is ``k (v - cos v) + k`` with ``v = 2 a y`` and
  ``k = 1 / (2 a)``: the factor goes into the normalisation, the rest is a cosine, a difference and
  one pass with a gain and an offset (a ``BatchNormalization`` of mean 0 and variance 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from interactspeech.voices.onnx_edit import Editor, Node, new_node


def fewer_passes(graph: Editor) -> None:
    """Put fewer operators in the place of all such chains of `graph`; others stay."""
    for node in graph.nodes:
        if node.kind == "Sqrt":
            for found in _normalisations(graph, node):
                _replace(graph, found)


@dataclass(frozen=True)
class _Normalisation:
    """``offset + gain (x - mean) / sqrt(variance + epsilon)``; `end` makes it."""

    end: Node
    x: str
    gain: str
    offset: str
    epsilon: float


def _normalisations(graph: Editor, root: Node) -> list[_Normalisation]:
    stabilised = graph.maker.get(root.inputs[0])
    if stabilised is None or stabilised.kind != "Add":
        return []
    variance, small = stabilised.inputs
    if graph.constant(variance) is not None:
        variance, small = small, variance
    epsilon = graph.constant(small)
    squares = graph.maker.get(_mean_of(graph, variance))
    if epsilon is None or squares is None or squares.kind != "Mul":
        return []
    centred = graph.maker.get(squares.inputs[0])
    if squares.inputs[0] != squares.inputs[1] or centred is None or centred.kind != "Sub":
        return []
    x, mean = centred.inputs
    if _mean_of(graph, mean) != x:
        return []
    found = []
    for division in graph.users[root.outputs[0]]:
        if division.kind != "Div" or division.inputs != [centred.outputs[0], root.outputs[0]]:
            continue
        for scaled in graph.users[division.outputs[0]]:
            end = graph.only_user(scaled)
            if scaled.kind != "Mul" or end is None or end.kind != "Add":
                continue
            gain = graph.other(scaled, division.outputs[0])
            offset = graph.other(end, scaled.outputs[0])
            step = float(epsilon.reshape(-1)[0])
            found.append(_Normalisation(end, x, gain, offset, step))
    return found


def _mean_of(graph: Editor, name: str) -> str:
    """What `name` is the mean over time of; "" if it is none."""
    node = graph.maker.get(name)
    if node is None or node.kind != "ReduceMean" or node.attribute("keepdims") == 0:
        return ""
    axes = graph.constant((*node.inputs, "")[1])
    return node.inputs[0] if axes is not None and axes.tolist() in ([2], [-1]) else ""


def _replace(graph: Editor, found: _Normalisation) -> None:
    made = found.end.outputs[0]
    name = f"{made}_normalised"
    flat = graph.add_constant(f"{name}_flat", np.asarray([-1]))
    gain, offset = f"{name}_gain", f"{name}_offset"
    nodes = [
        new_node("Reshape", [found.gain, flat], gain),
        new_node("Reshape", [found.offset, flat], offset),
    ]
    snake = _snake(graph, found.end)
    if snake is None:
        normalised = new_node(
            "InstanceNormalization", [found.x, gain, offset], made, epsilon=found.epsilon
        )
        graph.replace(found.end, [*nodes, normalised])
        return
    end, frequency = snake
    half = (0.5 / frequency).astype(np.float32)
    twice = graph.add_constant(f"{name}_twice", (2 * frequency).astype(np.float32))
    k = graph.add_constant(f"{name}_k", half)
    zeros = graph.add_constant(f"{name}_zeros", np.zeros_like(half))
    ones = graph.add_constant(f"{name}_ones", np.ones_like(half))
    nodes += [
        new_node("Mul", [gain, twice], f"{gain}_twice"),
        new_node("Mul", [offset, twice], f"{offset}_twice"),
        new_node(
            "InstanceNormalization",
            [found.x, f"{gain}_twice", f"{offset}_twice"],
            f"{name}_v",
            epsilon=found.epsilon,
        ),
        new_node("Cos", [f"{name}_v"], f"{name}_cosine"),
        new_node("Sub", [f"{name}_v", f"{name}_cosine"], f"{name}_apart"),
        new_node(
            "BatchNormalization",
            [f"{name}_apart", k, k, zeros, ones],
            end.outputs[0],
            epsilon=0.0,
        ),
    ]
    graph.replace(end, nodes)


def _snake(graph: Editor, y: Node) -> tuple[Node, npt.NDArray[np.float32]] | None:
    """The end of a snake activation of what `y` makes, and its frequency a channel."""
    users = graph.users[y.outputs[0]]
    node = next((user for user in users if user.kind == "Mul"), None)
    if len(users) != 2 or node is None:
        return None
    chain = [node]
    for kind in ("Sin", "Pow", "Mul", "Add"):
        node = graph.only_user(chain[-1])
        if node is None or node.kind != kind:
            return None
        chain.append(node)
    turned, sine, power, scaled, end = chain
    frequency = graph.constant(graph.other(turned, y.outputs[0]))
    exponent = graph.constant(graph.other(power, sine.outputs[0]))
    inverse = graph.constant(graph.other(scaled, power.outputs[0]))
    if frequency is None or exponent is None or inverse is None or y.outputs[0] not in end.inputs:
        return None
    flat = np.asarray(frequency, np.float32).reshape(-1)
    if exponent.tolist() not in (2, [2]):
        return None
    return (end, flat) if np.allclose(inverse.reshape(-1), 1 / flat, rtol=1e-4) else None
