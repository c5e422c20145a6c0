"""A run's weights as a listener: graph, thresholds, card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

import interactspeech
from interactspeech.errors import InputError
from interactspeech.learn.events.calibrate import calibrate, event_f1, trials
from interactspeech.learn.events.export import export
from interactspeech.learn.events.network import Network
from interactspeech.learn.events.prepare import Prepared
from interactspeech.learn.events.training import load_checkpoint, read_settings
from interactspeech.listen import Card, Listener


def write_listener(
    run: Path | str,
    name: str,
    held_out: Sequence[Path | str],
    *,
    trained_on: Sequence[Path | str] = (),
    mono_run: Path | str | None = None,
    parted_run: Path | str | None = None,
    limit: int | None = 60,
) -> tuple[Path, dict[str, float]]:
    """Export a run's checkpoint, fit what is fitted afterwards, and write graph and card.

    Args:
        run: folder of the run.
        name: of the listener, and of its files in that folder.
        held_out: prepared folders that were not trained on.
        trained_on: those that were, for the card.
        mono_run: folder of a run of the same shape (its lookahead may differ) that went on with one
            channel only; its graph is written as ``NAME-mono.onnx`` and used for one channel.
        parted_run: likewise of one that went on with one channel that was parted
            (``NAME-parted.onnx``); of the same lookahead.
        limit: at most so many held-out dialogues.

    Returns:
        The graph's path, and the F1 of onsets of the four events on held-out dialogues under the
        training's conditions (half of them clean).
    """
    run = Path(run)
    settings = read_settings(run)
    network = Network(settings.shape)
    load_checkpoint(run, network)
    path = run / f"{name}.onnx"
    export(network.eval(), path)
    card = Card(id=name, width=settings.shape.width, lookahead=settings.shape.lookahead)
    runs, graphs = [run], {}
    for ear, folder in (("mono", mono_run), ("parted", parted_run)):
        if folder is None:
            continue
        other = read_settings(folder).shape
        late = settings.shape.lookahead if ear == "mono" else other.lookahead
        if msgspec.structs.replace(other, lookahead=late) != settings.shape:
            raise InputError("is of another shape", folder, reason="bad-run")
        if ear == "mono":
            card = msgspec.structs.replace(card, mono_lookahead=other.lookahead)
        load_checkpoint(Path(folder), network)
        beside = path.with_name(f"{name}-{ear}.onnx")
        export(network.eval(), beside)
        graphs[ear] = beside.read_bytes()
        runs.append(Path(folder))
    listener = Listener(
        path.read_bytes(), card, mono=graphs.get("mono"), parted=graphs.get("parted")
    )
    card = calibrate(listener, held_out, conditions=settings.conditions, limit=limit)
    heard = list(trials(listener, held_out, settings.conditions, 5, limit, ear="two"))
    figures = event_f1(heard, card)
    about = {
        "generator": f"interactspeech {interactspeech.__version__}",
        **_heard(runs),
        "parameters": sum(p.numel() for p in network.parameters()),
        "trained_on": _sources(trained_on),
        "fitted_on": _sources(held_out),
    }
    card = msgspec.structs.replace(card, about=about, figures={"held_out_onset_f1": figures})
    path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1))
    return path, figures


def _heard(runs: Sequence[Path]) -> dict[str, Any]:
    """What the runs behind a listener went through, each from its beginning."""
    stages: dict[str, dict[str, Any]] = {}
    for run in runs:
        folder: Path | None = run
        while folder is not None and str(folder.resolve()) not in stages:
            settings = read_settings(folder)
            done = load_checkpoint(folder, Network(settings.shape))
            stages[str(folder.resolve())] = {
                "run": folder.name,
                "batches": done,
                "heard_hours": round(done * settings.size * settings.seconds / 3600, 1),
                "settings": msgspec.structs.replace(settings, start=Path(settings.start).name),
            }
            folder = Path(settings.start) if settings.start else None
    found = list(stages.values())
    return {
        "batches": sum(stage["batches"] for stage in found),
        "heard_hours": round(sum(stage["heard_hours"] for stage in found), 1),
        "runs": msgspec.to_builtins(found),
    }


def _sources(folders: Sequence[Path | str]) -> dict[str, Any]:
    """What prepared folders are made of: hours, dialogues, texts with licences, voices."""
    entries = [entry for folder in folders for entry in Prepared(folder).index.entries]
    hours = sum(Prepared(folder).index.hours for folder in folders)
    texts = Counter(f"{e.corpus} ({e.licence})" for e in entries)
    return {
        "hours": round(hours, 2),
        "dialogues": len(entries),
        "backchannels": sum(e.feedback for e in entries),
        "texts": dict(sorted(texts.items())),
        "voices": sorted({voice for e in entries for voice in e.voices}),
    }
