"""People on the measures of duplex systems, and what reports show beside a system's values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.evaluation.duplex import duplex_recordings, score_recordings
from interactspeech.evaluation.duplex.curve import YIELD_RULES, yield_point
from interactspeech.evaluation.duplex.dialogues import overlap_outcomes
from interactspeech.evaluation.duplex.people import (
    HumanLengths,
    HumanPoint,
    HumanReference,
    HumanValue,
)
from interactspeech.evaluation.events.labelled_recordings import (
    labelled_recordings,
    marked_dialogue,
)
from interactspeech.evaluation.events.metrics import Estimate
from interactspeech.formats import Report, read
from interactspeech.records import Dialogue
from interactspeech.turntaking import Timeline, dgslm, label
from interactspeech.turntaking.distribution import Distribution, tabulate
from interactspeech.turntaking.statistics import distances

HUMAN = Path(__file__).parents[1] / "src/interactspeech/evaluation/duplex/human.json"


def human(timing: str, labelled: str = "") -> None:
    """Measure people and write what the reports show beside a system's values.

    Args:
        timing: folder of primock57, voxconverse (conversations of two), mrda and ami_nxt (meetings).
        labelled: folder of recordings of two whose events people marked.
    """
    folders = {
        name: Path(timing) / name for name in ("primock57", "voxconverse", "mrda", "ami_nxt")
    }
    recordings = list(duplex_recordings([folders["primock57"]], speaker="both"))
    scores = score_recordings(recordings, "people")
    source = f"primock57, {len(scores.items)} sides, events by rules"
    values = {
        m.key: HumanValue(round(m.value, 4), m.n, source)
        for m in scores.measures
        if m.n >= 10 and not math.isnan(m.value) and not m.key.endswith(".wasserstein")
    }
    through = scores.point.talked_through
    values["ignore.all"] = HumanValue(round(through.value, 4), through.n, source)
    lengths: dict[str, HumanLengths] = {}
    pooled = dgslm_lengths(conversations(folders["primock57"]))
    others = dgslm_lengths(d for d in conversations(folders["voxconverse"]) if len(d.speakers) == 2)
    for kind, seconds in pooled.items():
        made = tabulate(seconds)
        made = Distribution(made.levels, tuple(round(x, 4) for x in made.values))
        lengths[kind] = HumanLengths("primock57, 57 conversations", len(seconds), made)
        values[f"dgslm.{kind}.wasserstein"] = HumanValue(
            round(distances(others[kind], made).wasserstein, 4), len(others[kind]),
            "voxconverse, its conversations of two, against primock57",
        )  # fmt: skip
    points: list[HumanPoint] = []
    sources: dict[str, Callable[[], Iterable[Dialogue]]] = {
        "consultations of two (PriMock57), events by rules": lambda: conversations(
            folders["primock57"]
        ),
        "meetings (ICSI/MRDA), events by rules": lambda: conversations(folders["mrda"]),
        "meetings (AMI), backchannels by annotators": lambda: conversations(folders["ami_nxt"]),
    }
    if labelled:
        marked = labelled_recordings(labelled)
        title = f"{len(marked)} recordings of two, events marked by hand"
        sources[title] = lambda: map(marked_dialogue, marked)
    for title, found in sources.items():
        outcomes = [o for dialogue in found() for o in overlap_outcomes(dialogue)]
        for rule in YIELD_RULES:
            point = yield_point(outcomes, rule=rule)
            shares = (rounded(x) for x in (point.yielded, point.talked_through))
            points.append(HumanPoint(title, rule.name, *shares))
            print(title, rule.name, points[-1].yielded, points[-1].talked_through, flush=True)
    data = msgspec.json.encode(HumanReference(values, tuple(points), lengths))
    HUMAN.write_bytes(msgspec.json.format(data, indent=1) + b"\n")
    print(f"{len(values)} measures of {source}; lost {len(scores.lost)}")


def rounded(share: Estimate) -> Estimate:
    """Four decimals; of one recording nothing is known about others, so its interval is all."""
    low, high = (0.0, 1.0) if math.isnan(share.low) else (share.low, share.high)
    return Estimate(*(round(x, 4) for x in (share.value, low, high)), share.n)


def conversations(folder: Path) -> Iterator[Dialogue]:
    """Conversations of a folder of timing files, with events by rules beside those of annotators."""
    report = Report()
    for dialogue in read([folder], report=report):
        yield label(dialogue)
    for error in report.errors:
        print(error, flush=True)


def dgslm_lengths(dialogues: Iterable[Dialogue]) -> dict[str, np.ndarray]:
    """Seconds of all IPUs, pauses, gaps and overlaps of conversations."""
    found: dict[str, list[np.ndarray]] = {kind: [] for kind in dgslm.KINDS}
    for dialogue in dialogues:
        lengths = dgslm.dgslm_statistics(Timeline.of(dialogue)).lengths
        for kind in dgslm.KINDS:
            found[kind].append(lengths[kind] / dialogue.rate)
    return {kind: np.concatenate(some) for kind, some in found.items()}
