"""A run's weights as a listener: graph, thresholds, card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

import interactspeech
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
    limit: int | None = 60,
) -> tuple[Path, dict[str, float]]:
    """Export a run's checkpoint, fit what is fitted afterwards, and write graph and card.

    Args:
        run: folder of the run.
        name: of the listener, and of its files in that folder.
        held_out: prepared folders that were not trained on.
        trained_on: those that were, for the card.
        limit: at most so many held-out dialogues.

    Returns:
        The graph's path, and the F1 of onsets of the four events on held-out dialogues under the
        training's conditions (half of them clean).
    """
    run = Path(run)
    settings = read_settings(run)
    network = Network(settings.shape)
    done = load_checkpoint(run, network)
    path = run / f"{name}.onnx"
    export(network.eval(), path)
    card = Card(id=name, width=settings.shape.width, lookahead=settings.shape.lookahead)
    listener = Listener(path.read_bytes(), card)
    card = calibrate(listener, held_out, conditions=settings.conditions, limit=limit)
    heard = list(trials(listener, held_out, settings.conditions, 5, limit, mono=False))
    figures = event_f1(heard, card)
    about = {
        "generator": f"interactspeech {interactspeech.__version__}",
        "batches": done,
        "heard_hours": round(done * settings.size * settings.seconds / 3600, 1),
        "settings": msgspec.to_builtins(settings),
        "parameters": sum(p.numel() for p in network.parameters()),
        "trained_on": _sources(trained_on),
        "fitted_on": _sources(held_out),
    }
    card = msgspec.structs.replace(card, about=about, figures={"held_out_onset_f1": figures})
    path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1))
    return path, figures


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
