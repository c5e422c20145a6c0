"""Speech activity and words as a labelled record: utterances, events, probabilities.

A clip's record is made from the clip's own activity and words, as any record is, so its events are
those that a later annotation of it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from interactspeech._typing import Float64Array, Int64Array
from interactspeech.listener.backchannel_classifier import listener_rules
from interactspeech.listener.recorded_channels import HeardFeedback
from interactspeech.listener.word_decision import WordDecision, words_and_sound_rules
from interactspeech.records import Dialogue, Event, Span, Speaker, TimesOrigin, Utterance, Word
from interactspeech.turntaking import Candidates, Decision, RuleSet, Timeline
from interactspeech.turntaking.annotator import analyse, with_rule_events
from interactspeech.turntaking.backchannel_decision import feedback_rules, load_model
from interactspeech.turntaking.event_table import event_order
from interactspeech.turntaking.timing_decision import timing_decision, timing_rules
from interactspeech.turntaking.units import Units
from interactspeech.turntaking.utterance_words import spread_words

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
    heard: HeardFeedback | None = None,
) -> Dialogue:
    """A record with utterances and events.

    Events of origin "rule" are the framework's. What decides about feedback depends on what is
    known: words and sound together (`listener.word_decision`); words, by the scorecard that was
    fitted on them; sound, with points for timing; timing alone, by points that were fitted on
    people's meetings. Beside what words or sound decide stand backchannels of origin "model" with
    the probability. The kinds of the utterances keep the decision, so that whoever labels the
    record again by them finds its events.

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
            which knows English and the lists that ship, is not asked then, and sound is not.
        heard: what a listener heard of the speech before.

    Raises:
        InputError: times that are none.
    """
    words = {who: said for who, said in (words or {}).items() if said}
    decision, chance = None, None
    if rules is None:
        decision, chance, rules = _decision(heard, known=bool(words))
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
    timeline = Timeline.of(dialogue)
    table, units = analyse(timeline, rules, backchannel=decision)
    labelled = with_rule_events(dialogue, timeline, table, rules)
    return labelled if chance is None else _with_probabilities(labelled, rules, units, chance)


#: The probability of being a backchannel of each candidate; NaN where it is not known.
_Probability = Callable[[Candidates], Float64Array]


def _decision(
    heard: HeardFeedback | None, *, known: bool
) -> tuple[Decision, _Probability | None, RuleSet]:
    """What decides about feedback with and without words, its probability, and its rule set."""
    if heard is not None:
        rules = listener_rules(heard.card)
        if not known:
            return heard, heard.probability, rules
        both = WordDecision(heard.probability)
        return both, both.probability, words_and_sound_rules(rules)
    if known:
        model = load_model()
        return model.decide, model.probability, feedback_rules()
    return timing_decision, None, timing_rules()


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


def _with_probabilities(
    dialogue: Dialogue, rules: RuleSet, units: Units, chance_of: _Probability
) -> Dialogue:
    """The record with the decision's backchannels, each with its probability."""
    c = units.candidates
    chance = chance_of(c)
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
            attributes={"model": rules.backchannel},
        )
        for row in np.flatnonzero(units.backchannel & ~np.isnan(chance)).tolist()
    ]
    events = tuple(sorted((*dialogue.events, *predicted), key=event_order))
    return msgspec.structs.replace(dialogue, events=events)
