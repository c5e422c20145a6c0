"""Speech activity and words as a labelled record: utterances, events, probabilities.

A clip's record is made from the clip's own activity and words, as any record is, so its events are
those that a later annotation of it finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from interactspeech._typing import Int64Array
from interactspeech.records import Dialogue, Event, Span, Speaker, TimesOrigin, Utterance, Word
from interactspeech.turntaking import Decision, RuleSet, Timeline, label
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.backchannel_decision import feedback_rules, load_model
from interactspeech.turntaking.event_table import event_order
from interactspeech.turntaking.timing_decision import timing_decision, timing_rules
from interactspeech.turntaking.units import Units

#: A word outside all speech belongs to an utterance at most so many seconds away (recognisers place
#: words up to a quarter of a second off), else it is left out.
_NEAR = 0.4


def compose_dialogue(
    name: str,
    rate: int,
    length: int,
    activity: Mapping[str, Int64Array],
    words: Mapping[str, Sequence[Word]] | None = None,
    *,
    times: TimesOrigin = "recognised",
    names: Mapping[str, str] | None = None,
    rules: RuleSet | None = None,
) -> Dialogue:
    """A record with utterances and events.

    Events of origin "rule" are the framework's. Where words are known, the fitted scorecard decides
    about feedback, and its probability stands beside, in backchannels of origin "model"; where they
    are not, points for timing that were fitted on people's meetings decide.

    Args:
        name: id of the dialogue.
        rate: samples a second.
        length: in samples.
        activity: speaker -> stretches of speech, shape ``(n, 2)``, samples.
        words: speaker -> words, in any order, where they are known. A word is clipped to the
            utterance it lies in.
        times: where the words' times come from.
        names: speaker -> a name to show.
        rules: a rule set with word lists of another language, or of the user's: the scorecard,
            which knows English and the lists that ship, is not asked then.

    Raises:
        InputError: times that are none.
    """
    words = {who: said for who, said in (words or {}).items() if said}
    fitted = bool(words) and rules is None
    decision: Decision | None = None
    if rules is None:
        decision = load_model().decide if fitted else timing_decision
        rules = feedback_rules() if fitted else timing_rules()
    timeline, _ = Timeline.build(rate, activity, length=length, words=words)
    table, units = analyse(timeline, rules, backchannel=decision)
    failed = table["interruption"]
    failed = failed.select(failed.where(outcome="failed"))
    attempts = set(zip(failed.speaker.tolist(), failed.start.tolist(), strict=True))
    utterances = _utterances(timeline, units, attempts, times)
    dialogue = Dialogue(
        id=name,
        rate=rate,
        length=length,
        speakers=tuple(Speaker(id=who, name=(names or {}).get(who, "")) for who in activity),
        utterances=utterances,
    )
    labelled = label(dialogue, rules, backchannel=decision)
    return _with_probabilities(labelled) if fitted else labelled


def _utterances(
    timeline: Timeline, units: Units, attempts: set[tuple[int, int]], times: TimesOrigin
) -> tuple[Utterance, ...]:
    """Units are turns or attempts, backchannels are utterances of their own."""
    c = units.candidates
    rows = np.flatnonzero(units.backchannel)
    found: list[tuple[int, int, int, str]] = [
        (s, e, who, "attempt" if (who, s) in attempts else "turn")
        for who, s, e in zip(
            units.speaker.tolist(), units.start.tolist(), units.end.tolist(), strict=True
        )
    ]
    found += [
        (s, e, who, "backchannel")
        for who, s, e in zip(
            c.speaker[rows].tolist(), c.start[rows].tolist(), c.end[rows].tolist(), strict=True
        )
    ]
    found.sort()
    said: dict[int, list[tuple[Word, ...]]] = {}
    for place, name in enumerate(timeline.speakers):
        bounds = [(s, e) for s, e, who, _ in found if who == place]
        track = timeline.words.get(name)
        given = (
            [
                Word(text, s, e, bool(cut))
                for text, (s, e), cut in zip(
                    track.texts, track.times.tolist(), track.fragment.tolist(), strict=True
                )
            ]
            if track is not None
            else []
        )
        said[place] = spread_words(given, bounds, round(_NEAR * timeline.rate))
    made = []
    counts = dict.fromkeys(range(len(timeline.speakers)), 0)
    for number, (start, end, who, kind) in enumerate(found):
        name = timeline.speakers[who]
        spans = timeline.activity[name]
        inside = spans[(spans[:, 0] < end) & (spans[:, 1] > start)]
        mine = said[who][counts[who]]
        counts[who] += 1
        made.append(
            Utterance(
                id=f"u{number}",
                speaker=name,
                start=start,
                end=end,
                speech=tuple(Span(s, e) for s, e in np.clip(inside, start, end).tolist()),
                words=mine,
                kind=kind,  # type: ignore[arg-type]
                times=times if mine else "none",
            )
        )
    return tuple(made)


def spread_words(
    words: Sequence[Word], utterances: Sequence[tuple[int, int]], near: int
) -> list[tuple[Word, ...]]:
    """The words of each utterance, clipped to it, in order and without overlap.

    Args:
        words: of one speaker, in order of time.
        utterances: ``(start, end)`` of the same speaker, sorted.
        near: a word that shares no time with any goes to one at most so many samples away.
    """
    parts: list[list[Word]] = [[] for _ in utterances]
    first = 0
    for word in words:
        while first + 1 < len(utterances) and utterances[first][1] + near < word.start:
            first += 1
        best, most = -1, -near - 1
        for i in range(first, len(utterances)):
            start, end = utterances[i]
            if start > word.end + near:
                break
            shared = min(word.end, end) - max(word.start, start)  # negative: the distance
            if shared > most:
                best, most = i, shared
        if best >= 0:
            parts[best].append(word)
    return [_fitted(part, *bounds) for part, bounds in zip(parts, utterances, strict=True)]


def _fitted(words: list[Word], start: int, end: int) -> tuple[Word, ...]:
    """Words inside [start, end), one after the other; each has at least a sample."""
    done: list[Word] = []
    last = start
    for place, word in enumerate(words):
        room = end - (len(words) - place)  # a sample for each word to come
        low = min(max(word.start, last), room)
        high = min(max(word.end, low + 1), room + 1)
        if low < last or high <= low:
            continue  # more words than samples
        done.append(msgspec.structs.replace(word, start=low, end=high))
        last = high
    return tuple(done)


def _with_probabilities(dialogue: Dialogue) -> Dialogue:
    """The record with the scorecard's backchannels, each with its probability."""
    model = load_model()
    rules = feedback_rules()
    _, units = analyse(Timeline.of(dialogue), rules, backchannel=model.decide)
    c = units.candidates
    chance = model.probability(c)
    names = c.timeline.speakers
    utterances = {(u.speaker, u.start): u.id for u in dialogue.utterances}
    predicted = [
        Event(
            type="backchannel",
            speaker=names[c.speaker[row]],
            partner=names[c.partner[row]] if c.partner[row] >= 0 else "",
            start=int(c.start[row]),
            end=int(c.end[row]),
            origin="model",
            probability=round(float(chance[row]), 4),
            utterance=utterances.get((names[c.speaker[row]], int(c.start[row])), ""),
            attributes={"model": model.id},
        )
        for row in np.flatnonzero(units.backchannel & ~np.isnan(chance)).tolist()
    ]
    events = tuple(sorted((*dialogue.events, *predicted), key=event_order))
    return msgspec.structs.replace(dialogue, events=events)
