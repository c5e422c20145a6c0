"""From the marks of a conversation's files to its Dialogue: checks, repairs, and the record.

What can be corrected without loss is corrected and reported: overlapping segments of one speaker
become one, words that overlap their neighbour or stick out of their segment are clipped, words
without a time of their own get one by estimate (and their utterance says so). Text that has no
place in time is counted as lost. Everything else that is wrong has been refused by the reader.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile, join_spans, spoken_words
from interactspeech.formats.report import Report
from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Span,
    Speaker,
    TimesOrigin,
    Utterance,
    Word,
)

#: Words closer than this are one utterance where a format knows no utterances (framework.md §2: the
#: bridge of an inter-pausal unit).
WORD_BRIDGE_SECONDS = 0.2
#: What a word without a length gets where there is room for it; speech at four to five words a
#: second.
GUESSED_WORD_SECONDS = 0.2
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def fit_id(name: str) -> str:
    """`name` as the id of a dialogue: letters, digits, ``. _ -``, not beginning with a dot.

    >>> fit_id("day 1/call é")
    'day_1_call_'
    """
    return _UNFIT.sub("_", name).lstrip(".") or "unnamed"


def assemble(name: str, sheets: Sequence[ParsedFile], report: Report) -> Dialogue:
    """One Dialogue from the parsed files of one conversation (all at one rate).

    Raises:
        InputError: the sheets are on different clocks.
    """
    rate = sheets[0].rate
    if any(sheet.rate != rate for sheet in sheets):
        raise InputError(
            f"the files of conversation {name!r} are on different clocks", sheets[0].path,
            remedy="name one rate for all", reason="mixed-rates",
        )  # fmt: skip
    speakers: dict[str, str] = {}
    for sheet in sheets:
        for speaker in sheet.names():
            speakers[speaker] = speakers.get(speaker, "") or sheet.speakers.get(speaker, "")
    utterances: list[Utterance] = []
    for speaker in speakers:
        utterances += _speaker(speaker, sheets, rate, report)
    order = {speaker: place for place, speaker in enumerate(speakers)}
    utterances.sort(key=lambda u: (u.start, u.end, order[u.speaker]))
    numbered = tuple(_with_id(utterance, f"u{place}") for place, utterance in enumerate(utterances))
    events = _events(sheets, report)
    last = max([0, *(u.end for u in numbered), *(event.end for event in events)])
    reach = max(sheet.reach for sheet in sheets)
    stated = max((sheet.length for sheet in sheets if sheet.length is not None), default=None)
    if stated is not None and stated < last:
        report.repair(
            "beyond-end",
            f"speech goes on to {last / rate:.6f} s, after the stated end at {stated / rate:.6f} s",
            sheets[0].path,
        )
    return Dialogue(
        id=fit_id(name),
        rate=rate,
        length=max(last, stated or 0, reach),
        speakers=tuple(Speaker(id=key, name=value) for key, value in speakers.items()),
        utterances=numbered,
        events=events,
        rule_sets={event.rules: {} for event in events if event.rules},
        provenance=Provenance(id=name),
    )


def _with_id(utterance: Utterance, name: str) -> Utterance:
    return Utterance(
        name, utterance.speaker, utterance.start, utterance.end, utterance.speech,
        utterance.words, times=utterance.times, written=utterance.written,
    )  # fmt: skip


def _speaker(
    speaker: str, sheets: Sequence[ParsedFile], rate: int, report: Report
) -> list[Utterance]:
    """The utterances of one speaker, ids still empty."""
    times: TimesOrigin = "human"
    words: list[AnnotationMark] = []
    segments: list[AnnotationMark] = []
    from_words = False
    for sheet in sheets:
        own = [mark for mark in sheet.words if mark.speaker == speaker]
        if own:
            times = sheet.times
            words += clean_words(own, sheet, report)
        mine = [mark for mark in sheet.segments if mark.speaker == speaker]
        if mine:
            segments += _clean_segments(mine, sheet, report)
            from_words = from_words or sheet.speech_from_words
    if not words:
        return [_plain(mark) for mark in segments]
    if not segments:
        return [_spoken(run, times) for run in _runs(words, rate)]
    return _together(segments, words, times, sheets, report, rate, from_words=from_words)


def _clean_segments(
    marks: list[AnnotationMark], sheet: ParsedFile, report: Report
) -> list[AnnotationMark]:
    """Sorted and disjoint: what overlaps becomes one."""
    kept: list[AnnotationMark] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if mark.start == mark.end:
            say = report.loss if mark.text else report.repair
            say(
                "zero-length", f"a segment of {mark.speaker!r} has no length and is left out",
                sheet.path, mark.line,
            )  # fmt: skip
            continue
        last = kept[-1] if kept else None
        if last is None or mark.start >= last.end:
            kept.append(mark)
            continue
        report.repair(
            "same-speaker-overlap",
            f"two segments of {mark.speaker!r} overlap and are joined "
            f"(at {mark.start / sheet.rate:.6f} s)",
            sheet.path,
            mark.line,
        )
        kept[-1] = replace(
            last,
            end=max(last.end, mark.end),
            text=" ".join(text for text in (last.text, mark.text) if text),
            speech=join_spans([*_speech(last), *_speech(mark)]),
        )
    return kept


def clean_words(
    marks: list[AnnotationMark], sheet: ParsedFile, report: Report
) -> list[AnnotationMark]:
    """Sorted and disjoint: clipped where one begins before the last has ended; all have a length.

    A word without a length gets up to `GUESSED_WORD_SECONDS` where there is silence after it; where
    there is none, it shares the time of its neighbour by the number of letters.
    """
    marks = sorted(marks, key=lambda m: (m.start, m.end))
    if not any(mark.start == mark.end for mark in marks):
        return _clipped(marks, sheet, report)
    kept = _clipped([mark for mark in marks if mark.start < mark.end], sheet, report)
    guess = max(1, round(GUESSED_WORD_SECONDS * sheet.rate))
    starts = [mark.start for mark in kept]
    pending = [mark for mark in marks if mark.start == mark.end and mark.text]
    groups: dict[int, list[AnnotationMark]] = {}
    for mark in pending:
        groups.setdefault(mark.start, []).append(mark)
    squeezed: dict[int, list[AnnotationMark]] = {}
    placed: list[AnnotationMark] = []
    times = sorted(groups)
    for number, time in enumerate(times):
        own = groups[time]
        report.repair(
            "zero-length-word",
            f"the word {own[0].text!r} of {own[0].speaker!r} has no length: it is estimated",
            sheet.path, own[0].line,
        )  # fmt: skip
        place = bisect_right(starts, time) - 1
        inside = place >= 0 and time < kept[place].end
        room = starts[place + 1] - time if place + 1 < len(kept) else len(own) * guess
        if number + 1 < len(times):
            room = min(room, times[number + 1] - time)
        if not inside and room >= len(own):
            step = min(guess, room // len(own))
            placed += [
                replace(m, start=time + n * step, end=time + (n + 1) * step, estimated=True)
                for n, m in enumerate(own)
            ]
        elif kept:
            squeezed.setdefault(max(place, 0), []).extend(own)
        else:
            report.loss(
                "untimed-word",
                f"the word {own[0].text!r} of {own[0].speaker!r} has no place in time",
                sheet.path, own[0].line,
            )  # fmt: skip
    for place, own in squeezed.items():
        placed += _shared(kept[place], own, sheet, report)
    return sorted(
        [*(mark for place, mark in enumerate(kept) if place not in squeezed), *placed],
        key=lambda m: (m.start, m.end),
    )


def _shared(
    host: AnnotationMark, others: list[AnnotationMark], sheet: ParsedFile, report: Report
) -> list[AnnotationMark]:
    """A word's time, given to it and to those that have none, by the number of letters."""
    before = [mark for mark in others if mark.start <= host.start]
    words = [*before, host, *(mark for mark in others if mark.start > host.start)]
    edges = _shares([mark.text for mark in words], host.start, host.end)
    if not edges:
        for mark in others:
            report.loss(
                "untimed-word", f"the word {mark.text!r} of {mark.speaker!r} has no place in time",
                sheet.path, mark.line,
            )  # fmt: skip
        return [host]
    return [
        replace(mark, start=low, end=high, estimated=True)
        for mark, (low, high) in zip(words, pairwise(edges), strict=True)
    ]


def _clipped(
    marks: list[AnnotationMark], sheet: ParsedFile, report: Report
) -> list[AnnotationMark]:
    kept: list[AnnotationMark] = []
    for mark in marks:
        start = max(mark.start, kept[-1].end) if kept else mark.start
        if start >= mark.end:
            # Wholly inside the word before it: it shares that word's time.
            report.repair(
                "overlapping-words",
                f"the word {mark.text!r} of {mark.speaker!r} lies inside the one before it and "
                "shares its time by estimate",
                sheet.path, mark.line,
            )  # fmt: skip
            if mark.text:
                kept[-1:] = _shared(kept[-1], [replace(mark, start=kept[-1].end)], sheet, report)
            continue
        if start > mark.start:
            report.repair(
                "overlapping-words",
                f"the word {mark.text!r} of {mark.speaker!r} begins before the last one ends "
                "and is clipped",
                sheet.path,
                mark.line,
            )
            mark = replace(mark, start=start)  # noqa: PLW2901  (the clipped word takes its place)
        kept.append(mark)
    return kept


def _speech(mark: AnnotationMark) -> tuple[tuple[int, int], ...]:
    return mark.speech or ((mark.start, mark.end),)


def _runs(words: list[AnnotationMark], rate: int) -> list[list[AnnotationMark]]:
    """Words in runs; own silences of at least the bridge lie between two runs."""
    bridge = round(WORD_BRIDGE_SECONDS * rate)
    runs = [[words[0]]]
    for before, after in pairwise(words):
        if after.start - before.end < bridge:
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def _spoken(
    words: Sequence[AnnotationMark],
    times: TimesOrigin,
    spans: Sequence[tuple[int, int]] = (),
    text: str = "",
) -> Utterance:
    """An utterance of words; without spans the words say when there is speech."""
    speech = join_spans(spans or [(word.start, word.end) for word in words])
    known = [word for word in words if word.text]  # the others are speech without words
    said = " ".join(word.text for word in known)
    if any(word.estimated for word in known):
        times = "estimated"
    return Utterance(
        "", words[0].speaker, speech[0][0], speech[-1][1],
        tuple(Span(start, end) for start, end in speech),
        tuple(Word(word.text, word.start, word.end, word.fragment) for word in known),
        times=times if known else "none", written=text if text != said else "",
    )  # fmt: skip


def _plain(mark: AnnotationMark) -> Utterance:
    """An utterance without timed words; those of its text get a share of the time by length."""
    spans = join_spans(_speech(mark))
    words = estimate_words(mark.text, mark.start, mark.end) if mark.text else ()
    said = " ".join(word.text for word in words)
    return Utterance(
        "", mark.speaker, mark.start, mark.end,
        tuple(Span(start, end) for start, end in spans), words,
        times="estimated" if words else "none", written=mark.text if mark.text != said else "",
    )  # fmt: skip


def estimate_words(text: str, start: int, end: int) -> tuple[Word, ...]:
    """Words of `text`, each with a share of ``[start, end)`` by its letters: an estimate.

    Empty where there are more words than ticks.
    """
    words = spoken_words(text)
    edges = _shares(words, start, end)
    return tuple(
        Word(word, low, high) for word, (low, high) in zip(words, pairwise(edges), strict=False)
    )


def _shares(words: Sequence[str], start: int, end: int) -> list[int]:
    """Edges of shares of ``[start, end)``, one tick or more for each word; empty without room."""
    if not words or end - start < len(words):
        return []
    weights = [1 + sum(c.isalnum() for c in word) for word in words]
    total, sofar = sum(weights), 0
    edges = [start]
    for place, weight in enumerate(weights, 1):
        sofar += weight
        edge = start + (end - start) * sofar // total
        # At least one tick for this word, and one for each that follows.
        edges.append(min(max(edge, edges[-1] + 1), end - (len(words) - place)))
    return edges


def _together(
    segments: list[AnnotationMark],
    words: list[AnnotationMark],
    times: TimesOrigin,
    sheets: Sequence[ParsedFile],
    report: Report,
    rate: int,
    *,
    from_words: bool,
) -> list[Utterance]:
    """Each word to the segment it lies in; words outside all segments make utterances."""
    segments = sorted(segments, key=lambda mark: mark.start)
    starts = [mark.start for mark in segments]
    inside: dict[int, list[AnnotationMark]] = {}
    outside: list[AnnotationMark] = []
    path = sheets[0].path
    for word in words:
        place = bisect_right(starts, (word.start + word.end) // 2) - 1
        segment = segments[place] if place >= 0 else None
        if segment is None or word.start >= segment.end:
            outside.append(word)
            continue
        start, end = max(word.start, segment.start), min(word.end, segment.end)
        if (start, end) != (word.start, word.end):
            report.repair(
                "word-across-segment",
                f"the word {word.text!r} of {word.speaker!r} sticks out of its segment "
                "and is clipped",
                path,
                word.line,
            )
            word = replace(word, start=start, end=end)  # noqa: PLW2901  (as above)
        inside.setdefault(place, []).append(word)
    done: list[Utterance] = []
    for place, segment in enumerate(segments):
        own = inside.get(place)
        if own is None:
            done.append(_plain(segment))
        else:
            done.append(_spoken(own, times, () if from_words else _speech(segment), segment.text))
    if outside:
        report.note(
            "words-outside-segments",
            f"{len(outside)} word(s) of {outside[0].speaker!r} lie in no segment "
            "and are utterances of their own",
            path,
            outside[0].line,
        )
        limits = [(mark.start, mark.end) for mark in segments]
        for run in _runs(outside, rate):
            done += [_spoken(part, times) for part in _apart(run, limits)]
    return done


def _apart(run: list[AnnotationMark], limits: list[tuple[int, int]]) -> list[list[AnnotationMark]]:
    """A run of words, split where a segment lies between two of them."""
    parts = [[run[0]]]
    for before, after in pairwise(run):
        if any(before.end <= start and end <= after.start for start, end in limits):
            parts.append([after])
        else:
            parts[-1].append(after)
    return parts


def _events(sheets: Sequence[ParsedFile], report: Report) -> tuple[Event, ...]:
    known = {name for sheet in sheets for name in sheet.names()}
    found: list[Event] = []
    for sheet in sheets:
        for mark in sheet.events:
            partner = mark.partner
            if partner and partner not in known:
                report.repair(
                    "unknown-speaker", f"no speaker is called {partner!r}: the partner is left out",
                    sheet.path,
                )  # fmt: skip
                partner = ""
            found.append(
                Event(
                    mark.type,
                    mark.speaker,
                    mark.start,
                    mark.end,
                    partner=partner,
                    origin=mark.origin,
                    rules=mark.rules,
                    probability=mark.probability,
                    attributes=mark.attributes,
                )
            )
    return tuple(sorted(found, key=lambda e: (e.start, e.end, e.type, e.speaker)))
