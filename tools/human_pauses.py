"""Make the shipped model of people's pause places.

    python tools/human_pauses.py TABLE TEXTS...

TABLE is `human_pauses.json`: of 122,257 pauses of 1,155 Switchboard calls, the shares of places and
of the classes of the words before and after, and percentiles of lengths and of the last word's
stretch. It says where pauses are, not how often there is such a boundary at all; that is counted
over the scripts that the offline writer makes of TEXTS, so that a built corpus has people's shares.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

from interactspeech.lexicon.word_classes import WORD_CLASSES, word_class
from interactspeech.records import Script
from interactspeech.rendering import spoken_lines
from interactspeech.scripts import read, write_offline
from interactspeech.turntaking.distribution import Distribution, from_percentiles
from interactspeech.turntaking.timing import TimingModel
from interactspeech.turntaking.timing.pause_places import MOST, PAUSE_PLACES, PausePlaces, place_of

TARGET = Path(__file__).parents[1] / "src/interactspeech/turntaking/timing/data" / "pauses-1.json"
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
#: Pauses for each word: people's a minute, and words a minute as engines speak.
RATE = TimingModel.human().dyad().pauses_per_minute / 150.0
#: Where texts fall short: their sentences end in content words, not in "and" or "um", so the pauses
#: that people make after those are dealt out to other classes.
TARGETS = {
    "inside an act": {},
    "between acts": {"content word": 0.665, "other function word": 0.21, "discourse word": 0.105},
}
#: Share of the planned pauses that are heard as such; the others fall where the other still talks.
#: Filled pauses often begin a turn, where that is so.
HEARD = {"filled pause": 0.8, "conjunction": 0.75}
#: Bounds of the factors of the class after.
BOUND = 3.0


def boundaries(paths: list[str]) -> tuple[Counter[tuple[str, str, str]], int]:
    """Boundaries between words inside turns by (place, last class, next class), and all words."""
    found: Counter[tuple[str, str, str]] = Counter()
    words = 0
    for path in paths:
        for source in read(path):
            if isinstance(source, Exception):
                continue
            script = source if isinstance(source, Script) else write_offline(source, 0)
            for line in spoken_lines(script):
                if line.role != "turn":
                    continue
                said = line.tokens[: line.spoken_count]
                words += len(said)
                for last, following in pairwise(said):
                    found[place_of(last), word_class(last), word_class(following)] += 1
    return found, words


def risks(table: dict, counted: Counter[tuple[str, str, str]], words: int) -> dict:
    """Relative risks, a factor of the class before times one of the class after.

    Fitted by iterative proportional fitting (Deming and Stephan 1940) of the expected pauses, each
    boundary's probability capped as it is in use, at people's mean rate. What the texts do not hold
    (few sentences begin with "And" where they are written) cannot be met by any factor, so the
    factors of the class after are bounded, and the shares of the class before are met last.
    """
    found: dict[str, dict[str, float]] = {}
    for place in PAUSE_PLACES:
        counts = np.array(
            [[counted[place, last, after] for after in WORD_CLASSES] for last in WORD_CLASSES]
        )
        wanted = RATE * words * table["share"][place]
        before = np.array(
            [
                TARGETS[place].get(k, table["last"][place].get(k, 0.0)) / HEARD.get(k, 0.93)
                for k in WORD_CLASSES
            ]
        )
        before *= wanted / before.sum()
        after = np.array([table["next"][place].get(k, 0.0) for k in WORD_CLASSES]) * wanted
        rows, columns = np.ones(len(WORD_CLASSES)), np.ones(len(WORD_CLASSES))
        for _ in range(400):
            made = counts * chance(rows, columns)
            columns *= np.where(made.sum(0) > 0, after / np.maximum(made.sum(0), 1e-9), 1.0) ** 0.5
            columns = np.clip(columns, 1 / BOUND, BOUND)
            made = counts * chance(rows, columns)
            rows *= np.where(made.sum(1) > 0, before / np.maximum(made.sum(1), 1e-9), 1.0) ** 0.5
            rows = np.clip(rows, 0.0, 100.0)
        made = counts * chance(rows, columns)
        print(f"{place}: {made.sum() / wanted:.3f} of the pauses that people make")  # noqa: T201
        for k, name in enumerate(WORD_CLASSES):
            print(  # noqa: T201
                f"  {name}: before {made.sum(1)[k] / made.sum():.3f} ({before[k] / wanted:.3f}), "
                f"after {made.sum(0)[k] / made.sum():.3f} ({after[k] / wanted:.3f})"
            )
        found[place] = {
            f"{last}|{following}": round(float(rows[i] * columns[k]), 3)
            for i, last in enumerate(WORD_CLASSES)
            for k, following in enumerate(WORD_CLASSES)
            if rows[i] > 0
        }
    return found


def chance(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The probability of a pause by the classes before (rows) and after."""
    return np.minimum(RATE * rows[:, None] * columns[None], MOST)


def distributions(rows: dict, low: float, high: float) -> dict[str, Distribution]:
    return {
        name: from_percentiles(dict(zip(LEVELS, row, strict=True)), low, high)
        for name, row in rows.items()
    }


def main() -> None:
    """Write the model."""
    table = json.loads(Path(sys.argv[1]).read_text())
    counted, words = boundaries(sys.argv[2:])
    model = PausePlaces(
        id="human-pauses-1",
        source=(
            f"{table['pauses']:,} pauses of 1,155 Switchboard calls, {table['hours']} h; "
            f"boundaries of words counted over {words:,} words of scripts"
        ),
        risk=risks(table, counted, words),
        length={p: distributions(table["length_by_last_s"][p], 0.19, 3.0) for p in PAUSE_PLACES},
        stretch={p: distributions(table["stretch"][p], 0.3, 5.0) for p in PAUSE_PLACES},
    )
    TARGET.write_bytes(model.encode())
    total = sum(counted.values())
    for place in PAUSE_PLACES:
        share = sum(n for (p, _, _), n in counted.items() if p == place) / total
        print(f"{place}: {share:.3f} of {total:,} boundaries")  # noqa: T201
    fillers = sum(n for (_, last, _), n in counted.items() if last == "filled pause")
    print(f"filled pauses in 100 words: {100 * fillers / words:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
