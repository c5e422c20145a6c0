"""How well incidents of calls are found: kinds, what counts neither way, matches, errors, causes.

Everywhere a call's incidents are kind -> rows of (who, when, seconds).
"""

from collections import Counter

import numpy as np

from interactspeech.evaluation.calls.incidents import CallIncident
from interactspeech.seeds import generator

#: Onsets match within so many seconds.
NEAR = 0.5
#: Talk of both for about as long as the border between a terminal overlap and an interruption: whether
#: it is one, depends on less than any measure of activity is sure of. It counts neither way.
DOUBTFUL = (0.2, 0.3)
#: The same of silences, seconds: 2 s are the border of dead air.
DOUBTFUL_SILENCE = (1.9, 2.1)
#: Names how the truth is defined, in what is kept.
TRUTH = "planned or marked feedback, rule set, borders doubtful"
#: An interruption: talk of both for longer than this (the rule set's terminal overlap).
TERMINAL = 0.25
DEAD_AIR = 2.0


def plain(incidents: list[CallIncident]):
    """Our incidents in the same form: kind -> (who, when, seconds)."""
    out = {
        "interruption": [],
        "yield": [],
        "response": [],
        "dead_air": [],
        "taken": [],
        "backchannel": [],
    }
    for one in incidents:
        if one.kind in ("interruption_taken", "interruption_failed"):
            out["interruption"].append((one.speaker, one.start, one.value))
        if one.kind == "interruption_taken":
            out["taken"].append((one.speaker, one.start, one.value))
        if one.kind == "yield":  # by the interrupter, as the others have it
            out["yield"].append((one.partner, one.start, one.value))
        if one.kind == "response":
            out["response"].append(
                (one.speaker, one.end if one.value >= 0 else one.start, one.value)
            )
        if one.kind == "dead_air":
            out["dead_air"].append((one.speaker, one.start, one.value))
        if one.kind == "backchannel":
            out["backchannel"].append((one.speaker, one.start, one.end - one.start))
    return out


def with_doubt(incidents, doubtful=()):
    """The truth, and what counts neither way: talk of both about as long as the border, and `doubtful`.

    Args:
        incidents: true ones.
        doubtful: (kind, speaker, start, end) of what nobody can say.
    """
    truth = plain(incidents)
    short, long = DOUBTFUL_SILENCE
    silent = [row for row in truth["dead_air"] if row[2] < long]
    truth["dead_air"] = [row for row in truth["dead_air"] if row[2] >= long]
    low, high = DOUBTFUL
    border = [
        (one.speaker, one.start, one.start)
        for one in incidents if one.kind == "talk_over" and low <= one.value <= high
    ]  # fmt: skip
    border += [
        (who, at, at) for kind in ("interruption", "yield") for who, at, value in truth[kind]
        if low <= value <= high
    ]  # fmt: skip
    truth["doubt"] = {"dead_air": [(who, at, at) for who, at, value in silent if value > short]}
    for kind in ("interruption", "taken", "yield", "backchannel"):
        unsure = [] if kind == "backchannel" else list(border)
        unsure += [
            row[1:]
            for row in doubtful
            if row[0] == "any" or (row[0] == "backchannel") == (kind == "backchannel")
        ]
        truth["doubt"][kind] = unsure
        if kind != "backchannel":
            truth[kind] = [row for row in truth[kind] if not low <= row[2] <= high]
        truth[kind] = [
            row for row in truth[kind]
            if not any(row[0] == who and a <= row[1] <= b and a < b for who, a, b in unsure)
        ]  # fmt: skip
    return truth


def undoubted(found, truth, kind):
    """What was found, without what lies at a doubtful place and matches nothing true."""
    true = truth[kind if kind in ("backchannel", "dead_air") else "interruption"]

    def near(row):
        return any(row[0] == one[0] and abs(row[1] - one[1]) <= NEAR for one in true)

    def doubtful(row):
        return any(
            row[0] == who and a - NEAR <= row[1] <= b + NEAR for who, a, b in truth["doubt"][kind]
        )

    return [row for row in found if near(row) or not doubtful(row)]


def matched(truth, found):
    """Pairs of one speaker within `NEAR`, nearest first: (true seconds, found seconds)."""
    near = sorted(
        (abs(a[1] - b[1]), i, j)
        for i, a in enumerate(truth) for j, b in enumerate(found)
        if a[0] == b[0] and abs(a[1] - b[1]) <= NEAR
    )  # fmt: skip
    left, right, pairs = set(), set(), []
    for _, i, j in near:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((truth[i][2], found[j][2]))
    return pairs


def causes(truths, founds):
    """Why interruptions are missed, and what those that are none are: (missed, wrong), counted."""
    missed, wrong = Counter(), Counter()
    for truth, found in zip(truths, founds, strict=True):
        if found is None:
            missed["the call was refused"] += len(truth["interruption"])
            continue
        mine = undoubted(found["interruption"], truth, "interruption")

        def near(row, rows):
            return any(row[0] == one[0] and abs(row[1] - one[1]) <= NEAR for one in rows)

        for row in truth["interruption"]:
            if near(row, mine):
                continue
            if near(row, found["backchannel"]):
                missed["taken for feedback"] += 1
            elif near(row, [(who, at) for who, at, _ in found["response"]]):
                missed["taken for an answer or a smooth switch"] += 1
            else:
                missed["nothing begins there"] += 1
        for row in mine:
            if near(row, truth["interruption"]):
                continue
            other = [one for one in truth["interruption"] if one[0] == row[0]]
            if near(row, truth["backchannel"]):
                wrong["feedback"] += 1
            elif any(at < row[1] < at + length for _, at, length in other):
                wrong["the rest of an interruption that began before"] += 1
            elif any(who != row[0] and at <= row[1] < at + length + NEAR
                     for who, at, length in truth["backchannel"]):  # fmt: skip
                wrong["talk over the other's feedback"] += 1
            else:
                wrong["other"] += 1
    return missed, wrong


def interval(counts, draws=1000):
    """95 % interval of F1 by bootstrap over calls; counts: (hits, true, found) of each call."""
    rows = np.array(counts, float)
    rng = generator(0, "calls-bootstrap")
    sums = rows[rng.integers(len(rows), size=(draws, len(rows)))].sum(axis=1)
    return np.quantile(
        2 * sums[:, 0] / np.maximum(sums[:, 1] + sums[:, 2], 1), [0.025, 0.975]
    ).tolist()


def score(truths, founds):
    """For each kind: precision, recall, F1 with interval, and errors of its seconds."""
    table = {}
    for kind in ("interruption", "taken", "yield", "response", "dead_air", "backchannel"):
        if not all(found is None or kind in found for found in founds):
            continue
        counts, errors = [], []
        for truth, found in zip(truths, founds, strict=True):
            mine = [] if found is None else found[kind]
            if kind in truth["doubt"]:
                mine = undoubted(mine, truth, kind)
            pairs = matched(truth[kind], mine)
            counts.append((len(pairs), len(truth[kind]), len(mine)))
            errors += [abs(a - b) for a, b in pairs if a is not None and b is not None]
        hits, true, got = np.sum(counts, axis=0).tolist()
        table[kind] = {
            "n": true, "precision": hits / got if got else None, "recall": hits / true if true else None,
            "f1": 2 * hits / max(true + got, 1), "interval": interval(counts),
            "error_p50": float(np.median(errors)) if errors else None,
            "error_p90": float(np.quantile(errors, 0.9)) if errors else None,
            "refused": sum(found is None for found in founds),
        }  # fmt: skip
    return table
