"""Export of a trained listener: its ONNX graphs, which stream, and its card.

A graph is written operator by operator, not traced: any number of steps go in with the state of the
last call, so one file serves whole recordings and single steps of 40 ms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import interactspeech
from interactspeech._typing import AnyArray
from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.listener import Listener, ListenerCard, ListenerMode, ModeSettings
from interactspeech.listener.model import MODES, OUTPUTS, decode_card, graph_name
from interactspeech.signal.log_mel import BANDS, STACK
from interactspeech.training.listener.calibration import calibrate, event_f1, trials
from interactspeech.training.listener.loop import load_checkpoint, read_settings
from interactspeech.training.listener.network import Network
from interactspeech.training.listener.preparation import PreparedCorpus

_OPSET = 17
_IR = 8  # what onnxruntime 1.17 reads


def export(network: Network, path: Path | str) -> None:
    """Write the graph.

    Inputs: ``mel (2, steps, 160)``, ``mono (1,)``, ``state (2, 2, width)``. Outputs:
    ``probability (2, steps, 7)``, ``next_state``. All float32; the meanings are `Network`'s.

    Args:
        network: on the CPU.
        path: of the file.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("onnx", "train", "writing the listener's graph") from None
    w = {name: t.detach().cpu().numpy() for name, t in network.state_dict().items()}
    width = network.shape.width
    constants: dict[str, AnyArray] = {
        "six": np.array(6.0, np.float32),
        "half": np.array(0.5, np.float32),
        "sides": np.stack((w["side"], -w["side"]))[:, None, :],
        "flip": np.array([1, 0], np.int64),
        "one": np.array([1], np.int64),
    }
    for name in ("stem1", "stem2", "exchange", "head1", "head2"):
        constants[f"{name}.w"] = np.ascontiguousarray(w[f"{name}.weight"].T)
        constants[f"{name}.b"] = w[f"{name}.bias"]
    for name in ("own", "joint"):
        constants[f"{name}.w"] = _gates(w[f"{name}.weight_ih_l0"])[None]
        constants[f"{name}.r"] = _gates(w[f"{name}.weight_hh_l0"])[None]
        bias = (_gates(w[f"{name}.bias_ih_l0"]), _gates(w[f"{name}.bias_hh_l0"]))
        constants[f"{name}.b"] = np.concatenate(bias)[None]
    nodes: list[Any] = []

    def add(kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, list(outputs), **attributes))
        return outputs[0]

    def linear(x: str, name: str, *, relu: bool = True) -> str:
        out = add("MatMul", [x, f"{name}.w"], f"{name}.m")
        out = add("Add", [out, f"{name}.b"], f"{name}.o")
        return add("Relu", [out], f"{name}.a") if relu else out

    def recurrent(x: str, name: str, state: str) -> str:
        sequence = add("Transpose", [x], f"{name}.seq", perm=[1, 0, 2])
        inputs = [sequence, f"{name}.w", f"{name}.r", f"{name}.b", "", state]
        add("GRU", inputs, f"{name}.y", f"{name}.h", hidden_size=width, linear_before_reset=1)
        flat = add("Squeeze", [f"{name}.y", "one"], f"{name}.flat")
        return add("Transpose", [flat], f"{name}.out", perm=[1, 0, 2])

    x = add("Mul", [add("Add", ["mel", "six"], "mel.c"), "half"], "mel.n")
    x = linear(linear(x, "stem1"), "stem2")
    x = add("Add", [x, add("Mul", ["sides", "mono"], "sides.m")], "stem")
    add("Split", ["state"], "state.own", "state.joint", axis=0)
    own = recurrent(x, "own", "state.own")
    other = add("Gather", [own, "flip"], "other", axis=0)
    both = linear(add("Concat", [own, other], "both", axis=2), "exchange")
    joint = recurrent(both, "joint", "state.joint")
    x = linear(add("Concat", [own, joint], "all", axis=2), "head1")
    add("Sigmoid", [linear(x, "head2", relu=False)], "probability")
    add("Concat", ["own.h", "joint.h"], "next_state", axis=0)

    def tensor(name: str, shape: list[int | str]) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "listener",
        [
            tensor("mel", [2, "steps", STACK * BANDS]),
            tensor("mono", [1]),
            tensor("state", [2, 2, width]),
        ],
        [tensor("probability", [2, "steps", OUTPUTS]), tensor("next_state", [2, 2, width])],
        [numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    onnx.checker.check_model(model)
    write_file(path, model.SerializeToString())


def _gates(weights: AnyArray) -> AnyArray:
    """PyTorch's gates (reset, update, new) in ONNX's order (update, reset, new)."""
    reset, update, new = np.split(weights, 3)
    return np.concatenate((update, reset, new))


def write_listener(
    run: Path | str,
    name: str,
    held_out: Sequence[Path | str],
    *,
    trained_on: Sequence[Path | str] = (),
    mode_runs: Mapping[ListenerMode, Path | str] | None = None,
    limit: int | None = 60,
    adapted_from: Path | None = None,
) -> tuple[Path, dict[str, float]]:
    """Export a run's checkpoint, calibrate it, and write graphs and card.

    Args:
        run: folder of the run.
        name: of the listener, and of its files in that folder.
        held_out: prepared folders that were not trained on.
        trained_on: those that were, for the card.
        mode_runs: folders of runs that were continued for another mode, of the same shape; their
            graphs are written as ``NAME-MODE.onnx``. The lookahead of "mixed" may differ.
        limit: at most so many held-out dialogues.
        adapted_from: a written listener (.onnx) that the run began with: what was fitted on people
            beside its networks is kept (`ListenerCard.deciding_as`), and so are its graphs of modes
            that have no run here.

    Returns:
        The graph's path, and the F1 of onsets of the four events on held-out dialogues under the
        training's conditions (half of them clean).

    Raises:
        InputError: a run of another mode has another shape.
    """
    run = Path(run)
    settings = read_settings(run)
    network = Network(settings.shape)
    load_checkpoint(run, network)
    path = run / graph_name(name, "two_channel")
    export(network.eval(), path)
    lookahead = settings.shape.lookahead
    card = ListenerCard(name, settings.shape.width, {"two_channel": ModeSettings(lookahead)})
    runs: list[Path] = [run]
    graphs: dict[ListenerMode, bytes] = {}
    for mode in MODES[1:]:
        if mode not in (mode_runs or {}):
            continue
        folder = Path((mode_runs or {})[mode])
        other = read_settings(folder).shape
        late = lookahead if mode == "mixed" else other.lookahead
        if msgspec.structs.replace(other, lookahead=late) != settings.shape:
            raise InputError("is of another shape", folder, reason="bad-run")
        card = card.replaced(mode, lookahead=other.lookahead)
        load_checkpoint(folder, network)
        graph = run / graph_name(name, mode)
        export(network.eval(), graph)
        graphs[mode] = graph.read_bytes()
        runs.append(folder)
    if adapted_from is not None:
        known = Listener.load(adapted_from).card
        for mode in MODES[1:]:
            graph = adapted_from.with_name(graph_name(adapted_from.stem, mode))
            if mode in graphs or not graph.exists():
                continue
            graphs[mode] = graph.read_bytes()
            write_file(run / graph_name(name, mode), graphs[mode])
            card = msgspec.structs.replace(card, modes={**card.modes, mode: known.settings(mode)})
    listener = Listener(path.read_bytes(), card, others=graphs)
    card = calibrate(listener, held_out, conditions=settings.conditions, limit=limit)
    found = list(trials(listener, held_out, settings.conditions, 5, limit, mode="two_channel"))
    figures = event_f1(found, card)
    about = {
        "generator": f"interactspeech {interactspeech.__version__}",
        **_history(runs),
        "parameters": sum(p.numel() for p in network.parameters()),
        "trained_on": _sources(trained_on),
        "fitted_on": _sources(held_out),
    }
    card = msgspec.structs.replace(card, about=about, figures={"held_out_onset_f1": figures})
    if adapted_from is not None:
        card = card.deciding_as(known)
    write_file(path.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(card), indent=1))
    return path, figures


def _history(runs: Sequence[Path]) -> dict[str, Any]:
    """Settings and amounts of all training runs behind a listener, predecessors included."""
    stages: dict[str, dict[str, Any]] = {}
    for run in runs:
        folder: Path | None = run
        while folder is not None and str(folder.resolve()) not in stages:
            settings = read_settings(folder)
            done = load_checkpoint(folder, Network(settings.shape))
            stages[str(folder.resolve())] = {
                "run": folder.name,
                "batches": done,
                "heard_hours": round(done * settings.batch_size * settings.seconds / 3600, 1),
                "settings": msgspec.structs.replace(settings, start=Path(settings.start).name),
            }
            if settings.start.endswith(".onnx"):
                stages |= _written_history(Path(settings.start))
                break
            folder = Path(settings.start) if settings.start else None
    found = list(stages.values())
    return {
        "batches": sum(stage["batches"] for stage in found),
        "heard_hours": round(sum(stage["heard_hours"] for stage in found), 1),
        "runs": msgspec.to_builtins(found),
    }


def _written_history(graph: Path) -> dict[str, dict[str, Any]]:
    """The runs behind a listener that is written already, as its card tells them."""
    try:
        about = decode_card(graph.with_suffix(".json").read_bytes()).about
    except (OSError, msgspec.DecodeError):
        return {}
    return {f"{graph}:{i}": dict(run) for i, run in enumerate(about.get("runs", ()))}


def _sources(folders: Sequence[Path | str]) -> dict[str, Any]:
    """The contents of prepared folders: hours, dialogues, texts with licences, voices."""
    entries = [entry for folder in folders for entry in PreparedCorpus(folder).index.entries]
    hours = sum(PreparedCorpus(folder).index.hours for folder in folders)
    texts = Counter(f"{e.corpus} ({e.licence})" for e in entries)
    return {
        "hours": round(hours, 2),
        "dialogues": len(entries),
        "backchannels": sum(e.feedback for e in entries),
        "texts": dict(sorted(texts.items())),
        "voices": sorted({voice for e in entries for voice in e.voices}),
    }
