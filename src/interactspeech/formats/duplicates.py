"""Files that describe one conversation twice, and speakers who seem to talk all the time.

An RTTM of a diarizer beside an STM of a transcriber holds the same two people under four names.
Their stretches of speech lie upon each other, which two people's hardly ever do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from interactspeech.formats.parsed_file import ParsedFile, join_spans
from interactspeech.formats.report import Report
from interactspeech.records import Dialogue

Spans = tuple[tuple[int, int], ...]

#: Speakers of two files are the same one from this share of their common in their joint time on.
SAME_SHARE = 0.5
#: Who talks for more than this share of a conversation of several, of at least so many seconds, and
#: upon most of what the others say, is probably no speaker but a tier of something else.
ALWAYS_SHARE, ALWAYS_SECONDS = 0.9, 5.0
#: Talk that begins so late, and so many times later than it is long, is on another clock.
LATE_SECONDS, LATE_TIMES = 3600, 5
#: Two speakers of so many stretches at least are one from this share of common time on; people who
#: talk over each other have less than a half. More speakers than this are not compared.
SAME_TALK_SHARE, SAME_STRETCHES, MOST_COMPARED = 0.9, 2, 12


def drop_duplicates(name: str, members: Sequence[ParsedFile], report: Report) -> list[ParsedFile]:
    """The files of a conversation without those that say the same as a richer one; warned about.

    A file goes if each of its speakers matches another one of a richer file in time and there is
    none that it alone has. Layers of one format (NXT) are never duplicates.
    """
    kept = sorted(members, key=_richness, reverse=True)
    done: list[ParsedFile] = []
    for sheet in kept:
        better = next((other for other in done if _same(sheet, other)), None)
        if better is None:
            done.append(sheet)
            continue
        report.warn(
            "described-twice",
            f"conversation {name!r}: {better.path.name} describes the same speakers at the same "
            "times; this file is not used",
            sheet.path,
        )
    return [sheet for sheet in members if sheet in done]


def _richness(sheet: ParsedFile) -> tuple[int, int, int]:
    text = sum(bool(mark.text) for mark in sheet.segments)
    return len(sheet.words), text, len(sheet.segments)


def _same(poor: ParsedFile, rich: ParsedFile) -> bool:
    if poor.regions is not None or rich.regions is not None or poor.format == rich.format:
        return False
    first, second = _activity(poor), _activity(rich)
    shared = first.keys() & second.keys()
    if shared and _complements(poor, rich):
        return False  # words of one, utterances of the other: layers of one thing
    if not first or len(first) != len(second):
        return False
    matched: set[str] = set()
    for spans in first.values():
        best = max(second, key=lambda name: _share(spans, second[name]))
        if best in matched or _share(spans, second[best]) < SAME_SHARE:
            return False
        matched.add(best)
    return True


def _complements(one: ParsedFile, other: ParsedFile) -> bool:
    """One file has words only, the other stretches only."""
    return (not one.words and not other.segments) or (not other.words and not one.segments)


def _activity(sheet: ParsedFile) -> dict[str, Spans]:
    found: dict[str, list[tuple[int, int]]] = {}
    for mark in (*sheet.segments, *sheet.words):
        if mark.start < mark.end:
            found.setdefault(mark.speaker, []).append((mark.start, mark.end))
    return {name: join_spans(spans) for name, spans in found.items()}


def _share(first: Spans, second: Spans) -> float:
    """Common time of two lists of disjoint spans, as a share of their joint time."""
    common = _common(first, second)
    joint = sum(end - start for start, end in (*first, *second)) - common
    return common / joint if joint else 0.0


def _common(first: Spans, second: Spans) -> int:
    common = i = j = 0
    while i < len(first) and j < len(second):
        common += max(0, min(first[i][1], second[j][1]) - max(first[i][0], second[j][0]))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return common


def warn_of_odd_talk(dialogue: Dialogue, report: Report, path: object) -> None:
    """Warn where someone talks nearly all the time, or two have the same stretches of speech."""
    if len(dialogue.speakers) < 2:
        return
    spans: dict[str, list[tuple[int, int]]] = {}
    for utterance in dialogue.utterances:
        own = spans.setdefault(utterance.speaker, [])
        own += [(span.start, span.end) for span in utterance.speech]
    place = path if isinstance(path, str) else str(path)
    _late_start(dialogue, report, place)
    if not _constant_talk(dialogue, spans, report, place):
        _same_talk(dialogue, spans, report, place)


def _late_start(dialogue: Dialogue, report: Report, place: str) -> None:
    """Times of day, or of a longer recording: the silence before them counts as conversation."""
    first = min((u.start for u in dialogue.utterances), default=0)
    last = max((u.end for u in dialogue.utterances), default=0)
    if first > LATE_SECONDS * dialogue.rate and first > LATE_TIMES * (last - first):
        report.warn(
            "late-start",
            f"conversation {dialogue.id!r}: nobody talks before {first / dialogue.rate:,.0f} s, "
            f"and all is over {(last - first) / dialogue.rate:,.0f} s later: times of day, or of "
            "a longer recording? (rates a minute count from 0)",
            place,
        )


def _same_talk(
    dialogue: Dialogue, spans: Mapping[str, list[tuple[int, int]]], report: Report, place: str
) -> None:
    if len(spans) > MOST_COMPARED:
        return
    joined = {name: join_spans(own) for name, own in spans.items() if len(own) >= SAME_STRETCHES}
    for first, second in combinations(joined, 2):
        if _share(joined[first], joined[second]) > SAME_TALK_SHARE:
            report.warn(
                "described-twice",
                f"conversation {dialogue.id!r}: {first!r} and {second!r} talk at the same times: "
                "two tiers of one person? (choose with --tiers or --speakers)",
                place,
            )


def _constant_talk(
    dialogue: Dialogue, spans: Mapping[str, list[tuple[int, int]]], report: Report, place: str
) -> bool:
    if dialogue.seconds < ALWAYS_SECONDS:
        return False
    found = False
    for speaker, own in spans.items():
        ticks = sum(end - start for start, end in own)
        if ticks <= ALWAYS_SHARE * dialogue.length:
            continue
        others = join_spans(s for name, some in spans.items() if name != speaker for s in some)
        joint = sum(end - start for start, end in others)
        if joint and _common(join_spans(own), others) > joint / 2:
            found = True
            report.warn(
                "talks-all-the-time",
                f"conversation {dialogue.id!r}: {speaker!r} talks for "
                f"{ticks / dialogue.length:.0%} of the time: silence that is labelled, or a tier "
                "of something else? (choose with --tiers or --speakers)",
                place,
            )
    return found
