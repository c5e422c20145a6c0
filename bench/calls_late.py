"""Channels made late, and whether the timing of the talk alone tells."""

import re
from pathlib import Path

import numpy as np

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.trust import find_shift
from interactspeech.formats import read as read_timed
from interactspeech.signal.intervals import intervals, union
from interactspeech.signal.log_mel import RATE
from interactspeech.turntaking import Timeline

#: Seconds by which a channel is made late, and that of two where the recording stays as it is.
LATE = (0, 1, 3, 6)


def late(arguments, folder):
    """Source -> seconds late -> in how many the late channel is found, and its lag told rightly.

    By true timing: that of the made calls, and the utterances of consultations.
    """
    del folder
    corpus = Corpus.open(arguments.corpus)
    items = [corpus[i].dialogue for i in range(min(arguments.limit, len(corpus)))]
    sources = {"made calls": [timing_of(d) for d in items]}
    paths = sorted(Path(arguments.primock).glob("*_doctor.TextGrid"))
    if paths:
        sources["consultations of people (primock57)"] = [
            (
                *[
                    tier_of(p)
                    for p in (path, path.with_name(path.name.replace("_doctor", "_patient")))
                ],
            )
            for path in paths
        ]
    out = {}
    for name, calls in sources.items():
        rows = {}
        for seconds in LATE:
            found, told, right = 0, 0, 0
            for place, (one, other) in enumerate(calls):
                end = max(one.max(), other.max())
                moved = np.minimum((one, other)[place % 2] + seconds * RATE, end)
                moved = moved[moved[:, 1] > moved[:, 0]]
                pair = (moved, other) if place % 2 == 0 else (one, moved)
                finding = find_shift(*pair, RATE, int(end))
                found += finding is not None
                if finding is not None and finding.channel:
                    told += 1
                    lag = float(re.search(r"be ([\d.]+) s late", finding.message)[1])
                    right += finding.channel == place % 2 + 1 and abs(lag - seconds) <= 0.5
            rows[str(seconds)] = {"calls": len(calls), "found": found, "told": told, "right": right}
        minutes = float(np.median([max(a.max(), b.max()) for a, b in calls])) / RATE / 60
        out[name] = {"minutes": minutes, "rows": rows}
        print(name, out[name], flush=True)
    return out


def timing_of(dialogue):
    """Talk of the two speakers of a dialogue, samples at `RATE`."""
    rows = Timeline.of(dialogue).activity
    return [
        np.rint(rows[s.id] * (RATE / dialogue.rate)).astype(np.int64) for s in dialogue.speakers
    ][:2]


def tier_of(path):
    """The utterances of a TextGrid of one tier, samples at `RATE`."""
    [dialogue] = read_timed([path], rate=RATE)
    return union(intervals([(u.start, u.end) for u in dialogue.utterances]))
