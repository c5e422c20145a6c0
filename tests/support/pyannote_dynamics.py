"""Events of two speakers got with pyannote.core's segments and timelines, one at a time.

What a user of that library would write for the same questions (no words, no holds and shifts):
the peer of a test and of a benchmark. Times are milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from pyannote.core import Segment
from pyannote.core import Timeline as Segments

from interactspeech.turntaking import DEFAULT, RuleSet, Timeline

Found = tuple[str, str, str, int, int]


def silences_and_overlaps(timeline: Timeline, rules: RuleSet = DEFAULT) -> list[Found]:
    """Heldner & Edlund's classes: (class, speaker before, speaker after, start, end)."""
    ipus = _ipus(timeline, rules)
    a, b = timeline.speakers
    both = ipus[a].crop(ipus[b], mode="intersection").support()
    talk = ipus[a].union(ipus[b]).support()
    single = {}
    for mine, other in ((a, b), (b, a)):
        for segment in ipus[mine].extrude(ipus[other]):
            single[segment] = mine
    order = sorted(single)
    silence = talk.gaps()
    found: list[Found] = []
    for before, after in pairwise(order):
        who, then = single[before], single[after]
        between = Segment(before.end, after.start)
        if not between:
            found.append(("latch", who, then, int(before.end), int(before.end)))
            continue
        quiet = bool(silence.crop(between, mode="intersection"))
        loud = bool(both.crop(between, mode="intersection"))
        if quiet and loud:
            kind = "mixed"
        elif quiet:
            kind = "pause" if who == then else "gap"
        else:
            kind = "overlap_within" if who == then else "overlap_between"
        found.append((kind, who, then, int(between.start), int(between.end)))
    return found


def events(timeline: Timeline, rules: RuleSet = DEFAULT) -> list[Found]:
    """Layer 2 by the default rules: (type, speaker, partner, start, end), sorted."""
    ipus = _ipus(timeline, rules)
    a, b = timeline.speakers
    pairs = ((a, b), (b, a))
    talk = {
        name: Segments([s for s in ipus[name] if not _feedback_like(s, ipus[name], rules)])
        for name in (a, b)
    }
    found: list[Found] = []
    floor: dict[str, list[Segment]] = {a: [], b: []}
    for y, x in pairs:
        for segment in ipus[y]:
            if _is_backchannel(segment, ipus[y], talk[y], ipus[x], talk[x], rules):
                found.append(("backchannel", y, x, int(segment.start), int(segment.end)))
            else:
                floor[y].append(segment)
    loud = {name: Segments(rows) for name, rows in floor.items()}
    silence = ipus[a].union(ipus[b]).support().gaps()
    lapses = Segments([s for s in silence if s.duration > rules.turn_pause_ms])
    units = {y: _units(floor[y], loud[x], lapses, rules) for y, x in pairs}
    ends = {name: [segment.end for segment in rows] for name, rows in floor.items()}
    for y, x in pairs:
        for unit in units[y]:
            found += _onset(unit, y, x, units[x], loud, ends, rules)
            for before, after in pairwise(unit):
                quiet = Segment(before.end, after.start)
                if not loud[x].crop(quiet) and quiet.duration >= rules.min_pause_ms:
                    found.append(("pause", y, "", int(quiet.start), int(quiet.end)))
    return sorted(found)


def _ipus(timeline: Timeline, rules: RuleSet) -> dict[str, Segments]:
    assert timeline.rate == 1000
    return {
        name: Segments([Segment(*row) for row in rows.tolist()]).support(collar=rules.bridge_ms)
        for name, rows in timeline.activity.items()
    }


def _feedback_like(segment: Segment, own: Segments, rules: RuleSet) -> bool:
    if segment.duration > rules.backchannel_max_ms:
        return False
    around = Segment(segment.start - rules.isolation_ms, segment.end + rules.isolation_ms)
    return len(own.crop(around, mode="loose")) == 1


def _is_backchannel(
    segment: Segment,
    own: Segments,
    own_talk: Segments,
    other: Segments,
    other_talk: Segments,
    rules: RuleSet,
) -> bool:
    if not _feedback_like(segment, own, rules):
        return False
    wait = rules.turn_pause_ms
    recent = Segment(segment.start - wait - 0.5, segment.start)
    before = list(other_talk.crop(recent, mode="loose"))
    if not before:
        return False
    last = before[-1]
    mine = list(own_talk.crop(recent, mode="loose"))
    if last.end <= segment.start and mine and mine[-1].end >= last.end:
        return False
    soon = Segment(segment.end, segment.end + wait + 0.5)
    following = list(other.crop(soon, mode="loose"))
    if not following:
        return False
    again = list(own.crop(soon, mode="loose"))
    return not again or max(following[0].start, segment.end) < again[0].start


def _units(
    rows: list[Segment], other: Segments, lapses: Segments, rules: RuleSet
) -> list[list[Segment]]:
    units: list[list[Segment]] = []
    for segment in rows:
        if units:
            quiet = Segment(units[-1][-1].end, segment.start)
            talks = list(other.crop(quiet, mode="loose"))
            wide = Segment(quiet.start - 0.5, quiet.end + 0.5)
            covered = quiet.duration <= rules.overlap_pause_ms and all(wide in t for t in talks)
            lapse = lapses.crop(quiet, mode="loose")
            if not lapse and (not talks or covered):
                units[-1].append(segment)
                continue
        units.append([segment])
    return units


def _onset(
    unit: list[Segment],
    y: str,
    x: str,
    others: list[list[Segment]],
    loud: dict[str, Segments],
    ends: dict[str, list[float]],
    rules: RuleSet,
) -> list[Found]:
    start, end = unit[0].start, unit[-1].end
    whole = (int(start), int(end))
    here = loud[x].crop(Segment(start - 0.5, start + 0.5), mode="loose")
    over = [segment for segment in here if segment.start < start < segment.end]
    if over:
        stop = next(u for u in others if over[0] in u)[-1].end
        kind = "terminal_overlap" if stop - start <= rules.terminal_ms else "interruption"
        found: list[Found] = [(kind, y, x, int(start), int(min(stop, end)))]
        return [*found, ("turn", y, x, *whole)] if end > stop else found
    last, own = (_last(ends[name], start) for name in (x, y))
    if last < 0 or own > last:
        return [("turn", y, "", *whole)]
    found = [("turn", y, x, *whole)]
    if start - last >= rules.min_gap_ms:
        found.append(("gap", y, x, int(last), int(start)))
    return found


def _last(ends: list[float], time: float) -> float:
    i = bisect_right(ends, time)
    return ends[i - 1] if i else -1
