"""Speed of the annotator, measured side by side in one run.

    python bench/bench_dynamics.py [--write]

Times are processor time of one core, best of three, as other work on the machine should not count.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from commands import best

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from pyannote_dynamics import events as pyannote_events  # noqa: E402

from interactspeech.seeds import generator  # noqa: E402
from interactspeech.turntaking import OnlineAnnotator, Timeline, annotate, annotate_table, layer1  # noqa: E402

RATE = 1000
SHARED_TYPES = ("turn", "backchannel", "interruption", "terminal_overlap", "pause", "gap")


def conversation(hours: float, part: int = 0) -> Timeline:
    """Talk of two with the lengths of human telephone conversation (framework, section on numbers).

    IPUs are lognormal around 1.3 s, pauses 0.2 s + Gamma, floor-transfer offsets Student-t; a sixth
    of the IPUs is met by a backchannel. About as dense as Switchboard, which has 1,719 IPUs an hour
    (both speakers; reference numbers of human timing).
    """
    rng = generator(1, "bench-dynamics", part)
    n = int(hours * 3600 / 1.55)
    talk = rng.lognormal(0.25, 0.75, n).clip(0.15, 12)
    change = rng.random(n) < 0.36
    pause = 0.2 + rng.gamma(1.2, 0.355, n)
    transfer = 0.154 + 0.397 * rng.standard_t(2.8, n).clip(-2.5, 8)
    offset = np.where(change, np.maximum(transfer, -0.8 * np.append([1], talk[:-1])), pause)
    start = np.cumsum(np.append([1.0], (talk + np.append(offset[1:], [0]))[:-1]))
    who = np.cumsum(change) % 2
    heard = rng.random(n) < 1 / 6
    back = start[heard] + talk[heard] * rng.random(heard.sum()) * 1.2
    length = rng.lognormal(-0.78, 0.41, heard.sum()).clip(0.15, 1.0)
    starts, ends = np.append(start, back), np.append(start + talk, back + length)
    speaker = np.append(who, 1 - who[heard])
    inside = (starts < hours * 3600) & (ends > starts)
    rows = np.stack((starts, ends), axis=1)[inside]
    samples = np.minimum(np.round(rows * RATE), hours * 3600 * RATE).astype(np.int64)
    activity = {name: samples[speaker[inside] == i] for i, name in enumerate("AB")}
    return Timeline.build(RATE, activity, length=int(hours * 3600 * RATE))[0]


def online(timeline: Timeline) -> int:
    annotator = OnlineAnnotator(timeline.rate, timeline.speakers)
    boundaries = sorted(
        (time, what, name)
        for name, rows in timeline.activity.items()
        for start, end in rows.tolist()
        for time, what in ((start, 1), (end, 0))
    )
    count = 0
    for moment, what, name in boundaries:
        count += len((annotator.start if what else annotator.end)(name, moment))
    return count + len(annotator.finish(timeline.length))


def same_events(timeline: Timeline) -> int:
    ours = Counter(
        (e.type, e.speaker, e.partner, e.start, e.end)
        for e in annotate(timeline)
        if e.type in SHARED_TYPES
    )
    theirs = Counter(pyannote_events(timeline))
    if ours != theirs:
        raise SystemExit(f"the events differ: {list((ours - theirs) + (theirs - ours))[:5]}")
    return ours.total()


def page() -> str:
    whole = conversation(100)
    hours = [conversation(1, part) for part in range(100)]
    minutes = [conversation(1 / 60, part) for part in range(1000)]
    ipus = sum(map(len, layer1(whole).ipus))
    one = hours[0]
    warm = annotate_table(whole)
    t_whole = best(lambda: annotate_table(whole))
    t_layer1 = best(lambda: layer1(whole))
    t_hours = best(lambda: [annotate_table(t) for t in hours])
    t_minutes = best(lambda: [annotate_table(t) for t in minutes]) / 1000
    t_records = best(lambda: annotate(one))
    t_one = best(lambda: annotate_table(one), 10)
    t_online = best(lambda: online(one), 1)
    peers = []
    for size in (5, 10, 30):
        timeline = conversation(size / 60)
        count = same_events(timeline)
        columns = best(lambda timeline=timeline: annotate_table(timeline), 20)
        records = best(lambda timeline=timeline: annotate(timeline), 5)
        loop = best(lambda timeline=timeline: pyannote_events(timeline))
        peers.append((size, count, columns, records, loop))
    sizes = []
    for size in (12.5, 25, 50, 100, 200, 400):
        timeline = conversation(size)
        n = sum(map(len, layer1(timeline).ipus))
        sizes.append((size, n, best(lambda timeline=timeline: annotate_table(timeline))))
    scale = np.polyfit(np.log([n for _, n, _ in sizes]), np.log([t for *_, t in sizes]), 1)[0]
    rows = "\n".join(f"| {size:g} | {n:,} | {t:.3f} | {t / n * 1e9:.0f} |" for size, n, t in sizes)
    beside = "\n".join(
        f"| {size} | {count:,} | {columns * 1000:.2f} | {records * 1000:.1f} | {loop * 1000:.0f} | "
        f"**{loop / columns:.0f}** | {loop / records:.0f} |"
        for size, count, columns, records, loop in peers
    )
    return f"""# Speed of the annotator

Written by `bench/bench_dynamics.py --write`; processor time of one core, best of three. Machine:
{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, NumPy
{np.__version__}. The conversations are drawn from human distributions (two speakers, no words).

## 100 hours

{ipus:,} IPUs (about as dense as Switchboard), {len(warm):,} events of layer 2.

| work | seconds |
|---|---|
| layer 1 (IPUs, states, classes, transitions) | {t_layer1:.3f} |
| layers 1 and 2 as one conversation of 100 h, events in columns | **{t_whole:.3f}** |
| layers 1 and 2 as 100 conversations of 1 h | {t_hours:.3f} |

The product is columns (`EventTable`): arrays of starts, ends, speakers and attributes. Making
`Event` records of them costs more than finding them: 1 h takes {t_one * 1000:.1f} ms in columns
and {t_records * 1000:.0f} ms with records. A conversation of one minute takes
{t_minutes * 1000:.2f} ms: below an hour the fixed cost of the calls rules.

## Growth

| hours | IPUs | seconds | ns an IPU |
|---|---|---|---|
{rows}

The exponent of the growth (slope of log time over log IPUs) is {scale:.2f}; 1 is linear.

## Beside a loop over pyannote.core

The same events (turns, backchannels, interruptions, terminal overlaps, pauses, gaps), found equal
before timing; milliseconds. The loop, in `tests/support/pyannote_dynamics.py`, asks pyannote.core
one segment at a time. Our columns also hold layer 1, overlaps, holds and shifts.

| minutes | events | columns | `Event` records | loop | loop / columns | loop / records |
|---|---|---|---|---|---|---|
{beside}

The loop grows faster than the conversation, because a crop of a timeline walks over it from the
beginning.

## Live

The online annotator takes one hour, boundary by boundary, in {t_online:.1f} s:
{3600 / t_online:.0f} times faster than it happens.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    text = page()
    sys.stdout.write(text)
    if parser.parse_args().write:
        target = ROOT / "docs" / "bench" / "dynamics.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
