"""Make the shipped human timing: the timing model and the reference statistics.

    python tools/human_timing.py TABLE AMI

TABLE is the Switchboard table of percentiles (human_timing.json), AMI a folder of NXT words of the
AMI meeting corpus (CC BY 4.0). The marginals are Switchboard's. Percentiles say nothing about what
follows what; the order of steps is learnt from the two who talk most in each AMI meeting, and
tilted until simulated conversations have Switchboard's rates.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.formats import read
from interactspeech.signal.intervals import union
from interactspeech.turntaking import Timeline, layer1
from interactspeech.turntaking.statistics import collect
from interactspeech.turntaking.statistics.reference import ReferenceStatistics
from interactspeech.turntaking.statistics.reference import from_switchboard as reference_of
from interactspeech.turntaking.timing import simulate
from interactspeech.turntaking.timing.floor_process import FloorProcess
from interactspeech.turntaking.timing.human import from_switchboard, with_structure
from interactspeech.turntaking.timing.process_fitting import fit_floor_process, steps_of

PACKAGE = Path(__file__).parents[1] / "src" / "interactspeech" / "turntaking"
#: With the same random numbers in each, the rates settle to 1 %.
#: Many, as dyads differ much; as long as Switchboard's.
DYADS = 400
ROUNDS = 9


def talkers_by_words(folder: Path) -> list[Timeline]:
    """The two who talk most in each meeting, with their words as activity."""
    found = []
    for dialogue in read(folder):
        whole = Timeline.of(dialogue)
        talk = {name: union(track.times) for name, track in whole.words.items()}
        two = sorted(talk, key=lambda name: -int(np.diff(talk[name], axis=1).sum()))[:2]
        pair = {name: rows for name, rows in talk.items() if name in two}
        if len(pair) == 2:
            found.append(Timeline(whole.rate, whole.length, pair))
    return found


def structure(table: Path, ami: Path) -> FloorProcess:
    steps = [steps_of(layer1(pair)) for pair in talkers_by_words(ami)]
    process = fit_floor_process(steps, order=1)
    assert process is not None
    reference = reference_of(json.loads(table.read_text()))
    wanted = rates(reference)
    offsets, alone = np.zeros(len(wanted)), reference.shares["one"]
    solo = 60 * alone / sum(wanted.values())
    for i in range(ROUNDS):
        process_now = with_structure(reference, process, tuple(offsets.tolist()), solo)
        model = msgspec.structs.replace(
            from_switchboard(json.loads(table.read_text())), floor=process_now
        )
        made = collect(simulate(model, 390, 0, str(k)) for k in range(DYADS))
        got = np.array([made.per_minute(name) for name in wanted])
        goal = np.array(list(wanted.values()))
        sys.stdout.write(f"{i}: {got.round(2)} of {goal.round(2)} a minute\n")
        # Kinds are tilted against the pause; the time alone sets how many steps a minute has.
        offsets += 0.7 * np.log((goal / goal[0]) / (got / got[0]))
        solo *= float(got.sum() / goal.sum()) ** 0.7
    return process_now


def rates(reference: ReferenceStatistics) -> dict[str, float]:
    names = ("pauses", "gaps", "overlaps_between", "overlaps_within")
    return {f"layer1_{name}": reference.per_minute[f"layer1_{name}"] for name in names}


def main() -> None:
    table, ami = map(Path, sys.argv[1:])
    parsed = json.loads(table.read_text())
    model = msgspec.structs.replace(from_switchboard(parsed), floor=structure(table, ami))
    model.save(PACKAGE / "timing" / "data" / "human-2.json")
    (PACKAGE / "statistics" / "data" / "human-2.json").write_bytes(reference_of(parsed).encode())


if __name__ == "__main__":
    main()
