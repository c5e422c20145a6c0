r"""Plan assembly: clips with fades and gains, utterances and planned events of placed turns.

A gain is constant in a line (levels of speakers, softer backchannels, no clipping) or an envelope
that follows the interaction:

```
A  ..talks, is cut off\            A  ..talks  /‾‾‾‾\  goes on..
B            ‾‾‾‾‾‾‾‾‾‾\___        B           but the
            onset   │fade                    resist: up during the failed interruption
                    └ A is silent
```

Events carry the attribute names of the rule annotator, so that planned and found ones compare.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from msgspec.structs import replace

from interactspeech.lexicon.word_classes import word_class
from interactspeech.records import Delivery, Event, Span, Utterance, Word
from interactspeech.records.dialogue import Attribute
from interactspeech.records.event_types import EventType
from interactspeech.rendering.plan import Plan, PlanLoss, PlannedClip
from interactspeech.rendering.script_lines import (
    LineMark,
    SpokenLine,
)
from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.speech_outline import Outline
from interactspeech.rendering.speech_plan import (
    SpeechPlan,
)
from interactspeech.rendering.turn_timing import TransitionKind, TurnTiming
from interactspeech.seeds import generator

Placement = Literal["overlap", "silence"]
#: Peak that no clip may exceed (full scale is 1).
PEAK = 0.97
#: A line keeps its difference from the speaker's mean level up to this (dB): soft lines stay soft,
#: but a line that the engine rendered too faintly stays audible.
_LINE_SPREAD = 3.0
#: Breakpoints (sample in the dialogue, dB), sorted; linear in between.
GainEnvelope = list[tuple[int, float]]
#: Seconds in which a resisting speaker gets louder, and returns to normal afterwards.
_RESIST_ATTACK, _RESIST_RELEASE = 0.15, 0.35
#: Shortest pause and gap that is an event (framework.md section 3), seconds.
_SHORTEST_EVENT = 0.2
#: Fades in seconds: at the edges of a speech, which are almost silent; and where speech is cut.
_EDGE_IN, _EDGE_OUT = 0.003, 0.006
_CUT_IN, _CUT_OUT = 0.006, 0.015
#: An interrupted speaker decays over this share of the overlap, at most so many seconds, by so many
#: dB, before the fade-out.
_DECAY_SHARE, _LONGEST_DECAY, _DECAY_DEPTH = 0.8, 0.35, 9.0
_DECAY_FADE = 0.03
#: Decay at the end of a failed interruption: seconds, dB.
_ATTEMPT_DECAY, _ATTEMPT_DEPTH = 0.2, 5.0
_PLAIN_DELIVERY = Delivery()


@dataclass(frozen=True)
class PlacedTurn:
    """A turn with its start in the dialogue."""

    line: SpokenLine
    timing: TurnTiming
    start: int
    kind: TransitionKind

    @property
    def end(self) -> int:
        """One past the turn's last sample."""
        return self.start + self.timing.duration


@dataclass(frozen=True)
class PlacedOverlay:
    """A backchannel or failed interruption with its start, during a turn of the other speaker."""

    line: SpokenLine
    start: int
    during: SpokenLine
    mark: LineMark
    placement: Placement


def assemble_plan(
    speech_plan: SpeechPlan,
    placed: Sequence[PlacedTurn],
    overlays: Sequence[PlacedOverlay],
    outlines: Mapping[str, Outline],
    *,
    lost: tuple[PlanLoss, ...],
    settings: PlanSettings,
    seed: int,
    timing: str,
) -> Plan:
    """The plan of a dialogue whose turns and overlays are placed.

    Args:
        speech_plan: lines and deliveries.
        placed: turns in order.
        overlays: backchannels and failed interruptions.
        outlines: line id -> outline of its speech.
        lost: lines without a place.
        settings: of the plan.
        seed: of the corpus.
        timing: id of the timing model.
    """
    script, deliveries = speech_plan.script, speech_plan.deliveries
    speakers = script.speakers
    rate = placed[0].timing.outline.rate
    rng = generator(seed, script.id, "levels")
    gains = line_gains(speech_plan.lines, outlines, deliveries, rng, settings)
    lengths = {name: outline.length for name, outline in outlines.items()}
    envelopes = gain_envelopes(placed, overlays, deliveries, lengths, settings)
    clips: list[PlannedClip] = []
    utterances: list[Utterance] = []
    for index, turn in enumerate(placed):
        following = placed[index + 1] if index + 1 < len(placed) else None
        overlap = 0
        if following is not None and following.kind == "cut":
            overlap = max(0, turn.end - following.start)
        channel = speakers.index(turn.line.speaker)
        clips += _line_clips(turn.line, turn.timing, turn.start, channel, gains, rate, overlap)
        utterances.append(_plan_utterance(turn.line, turn.timing, turn.start, deliveries))
    for overlay in overlays:
        line, outline = overlay.line, outlines[overlay.line.id]
        uncut = TurnTiming(outline, line.spoken_count, outline.length)
        channel = speakers.index(line.speaker)
        clips += _line_clips(line, uncut, overlay.start, channel, gains, rate, 0)
        utterances.append(_plan_utterance(line, uncut, overlay.start, deliveries))
    clips = [
        replace(clip, gain_envelope=clip_envelope(envelopes[clip.line], clip.at, clip.end))
        if clip.line in envelopes
        else clip
        for clip in clips
    ]
    utterances.sort(key=lambda u: (u.start, u.end, u.id))
    clips.sort(key=lambda c: (c.channel, c.at))
    length = max(u.end for u in utterances) + round(settings.edge_silence * rate)
    return Plan(
        id=script.id,
        rate=rate,
        length=length,
        speakers=speakers,
        clips=tuple(clips),
        utterances=tuple(utterances),
        events=planned_events(placed, overlays, {u.id: u for u in utterances}, settings),
        lost=lost,
        preset=settings.name,
        seed=seed,
        timing=timing,
    )


def _line_clips(
    line: SpokenLine,
    timing: TurnTiming,
    start: int,
    channel: int,
    gains: Mapping[str, float],
    rate: int,
    overlap: int,
) -> list[PlannedClip]:
    """The clips of one line; `overlap`: samples that an interrupting turn talks over its end."""
    clips: list[PlannedClip] = []
    pieces = timing.pieces()
    for index, piece in enumerate(pieces):
        source = Span(piece.start - piece.before, piece.end + piece.after)
        first, last = index == 0, index == len(pieces) - 1
        fade_in = _EDGE_IN if first else _CUT_IN
        fade_out = _EDGE_OUT if last else _CUT_OUT
        decay, depth = 0, 0.0
        if last and line.spoken_count < len(line.tokens):
            decay = round(min(_DECAY_SHARE * overlap, _LONGEST_DECAY * rate))
            fade_out, depth = _DECAY_FADE, _DECAY_DEPTH
        elif last and line.role == "attempt":
            decay, depth = round(_ATTEMPT_DECAY * rate), _ATTEMPT_DEPTH
        # In a silent margin, the fade takes the whole margin; in speech, it is short.
        fade_in_length = piece.before or round(fade_in * rate)
        fade_out_length = piece.after or round(fade_out * rate)
        half = len(source) // 2
        fade_out_length = min(fade_out_length, half)
        clips.append(
            PlannedClip(
                line=line.id,
                channel=channel,
                source=source,
                at=start + piece.at - piece.before,
                gain=gains[line.id],
                fade_in=min(fade_in_length, half),
                fade_out=fade_out_length,
                decay=min(max(decay, fade_out_length), len(source)) if depth else 0,
                depth=depth,
            )
        )
    return clips


def _plan_utterance(
    line: SpokenLine, timing: TurnTiming, start: int, deliveries: Mapping[str, Delivery]
) -> Utterance:
    delivery = deliveries[line.id]
    words = [
        Word(
            line.tokens[token],
            start + timing.start(token),
            start + timing.end(token),
            fragment=word_class(line.tokens[token]) == "fragment",
        )
        for token in range(line.spoken_count)
    ]
    if timing.fragment:
        words.append(_fragment_word(line.tokens[line.spoken_count], timing, start))
    spans = tuple(Span(start + low, start + high) for low, high in timing.spans())
    return Utterance(
        id=line.id,
        speaker=line.speaker,
        start=spans[0].start,
        end=spans[-1].end,
        speech=spans,
        words=tuple(words),
        unsaid=line.tokens[line.spoken_count :],
        kind=line.role,
        times=timing.outline.times,
        written=line.written,
        delivery=delivery if delivery != _PLAIN_DELIVERY else None,
    )


def _fragment_word(token: str, timing: TurnTiming, start: int) -> Word:
    """The start of a word that was cut: letters in proportion to the part that is audible."""
    outline, index = timing.outline, timing.spoken_count
    audible = timing.source_end - outline.starts[index]
    share = audible / max(1, outline.ends[index] - outline.starts[index])
    text = token[: max(1, round(share * len(token)))].rstrip(".,;:?!-") + "-"
    begin = start + timing.start(index)
    return Word(text, begin, start + timing.duration, fragment=True)


def line_gains(
    lines: Sequence[SpokenLine],
    outlines: Mapping[str, Outline],
    deliveries: Mapping[str, Delivery],
    rng: np.random.Generator,
    settings: PlanSettings,
) -> dict[str, float]:
    """Line id -> factor on its samples; 1.0 for a line of unknown power.

    A speaker's level is the mean power of their turns, weighted by duration (a gated mean, as in
    ITU-R BS.1770-4, of the outlines' loudness-weighted power). Each line then has its delivery's
    level. If a line would exceed `PEAK`, all lines of its speaker are attenuated, so that levels
    within a voice keep their differences.
    """
    speakers = sorted({line.speaker for line in lines})
    draws = settings.speaker_spread * rng.standard_normal(len(speakers))
    speaker_levels = dict(zip(speakers, draws.tolist(), strict=True))
    gains = {line.id: 1.0 for line in lines}
    for speaker in speakers:
        own = [line for line in lines if line.speaker == speaker and outlines[line.id].power > 0]
        turns = [line for line in own if line.role == "turn"] or own
        if not turns:
            continue
        total = sum(outlines[line.id].length for line in turns)
        mean = sum(outlines[line.id].power * outlines[line.id].length for line in turns) / total
        targets: dict[str, float] = {}
        for line in own:
            outline = outlines[line.id]
            difference = 10 * math.log10(outline.power / mean)
            level = settings.level + max(-2.5, min(2.5, speaker_levels[speaker]))
            if line.role in ("backchannel", "aside"):
                # Heard in isolation: its own level counts, not its difference from the mean.
                level += settings.backchannel_level if line.role == "backchannel" else 0.0
                difference = max(-1.0, min(1.0, difference))
            else:
                difference = max(-_LINE_SPREAD, min(_LINE_SPREAD, difference))
            level += deliveries[line.id].level
            targets[line.id] = 10 ** ((level + difference - 10 * math.log10(outline.power)) / 20)
        excess = max(
            targets[line.id] * _loudest_sample(line.id, outlines, deliveries, settings)
            for line in own
        )
        excess /= PEAK
        for name, gain in targets.items():
            gains[name] = gain / max(1.0, excess)
    return gains


def _loudest_sample(
    line: str,
    outlines: Mapping[str, Outline],
    deliveries: Mapping[str, Delivery],
    settings: PlanSettings,
) -> float:
    """The largest magnitude of a line under the largest gain envelope it can have."""
    resist = settings.delivery.resist if settings.delivery else 0.0
    boost = max(0.0, deliveries[line].onset) + resist
    return float(outlines[line].peak * 10 ** (boost / 20))


def gain_envelopes(
    placed: Sequence[PlacedTurn],
    overlays: Sequence[PlacedOverlay],
    deliveries: Mapping[str, Delivery],
    lengths: Mapping[str, int],
    settings: PlanSettings,
) -> dict[str, list[GainEnvelope]]:
    """Line id -> its gain envelopes, whose dB add up.

    Args:
        placed: turns in order.
        overlays: backchannels and failed interruptions.
        deliveries: line id -> delivery; an interrupting turn has an `onset`.
        lengths: line id -> samples of its speech.
        settings: of the plan.
    """
    params = settings.delivery
    envelopes: dict[str, list[GainEnvelope]] = defaultdict(list)
    if params is None or not placed:
        return envelopes
    rate = placed[0].timing.outline.rate
    for index, turn in enumerate(placed):
        onset = deliveries[turn.line.id].onset
        if onset and index:
            alone = min(max(placed[index - 1].end, turn.start), turn.end)
            normal = alone + round(params.fade * rate)
            envelopes[turn.line.id].append([(turn.start, onset), (alone, onset), (normal, 0.0)])
    for overlay in overlays:
        if overlay.line.role != "attempt" or overlay.mark.style == "cooperative":
            continue
        end = overlay.start + lengths[overlay.line.id]
        attack, release = round(_RESIST_ATTACK * rate), round(_RESIST_RELEASE * rate)
        envelopes[overlay.during.id].append(
            [
                (overlay.start, 0.0),
                (overlay.start + min(attack, end - overlay.start), params.resist),
                (end, params.resist),
                (end + release, 0.0),
            ]
        )
    return envelopes


def clip_envelope(
    envelopes: Sequence[GainEnvelope], start: int, end: int
) -> tuple[tuple[int, float], ...]:
    """The sum of `envelopes` over a clip at ``[start, end)``, in samples of the clip; () for 0."""
    times = {start, end}
    for envelope in envelopes:
        if envelope[0][0] < end and envelope[-1][0] > start:
            times |= {at for at, _ in envelope if start < at < end}
    points = [
        (at - start, round(sum(_level_at(envelope, at) for envelope in envelopes), 2))
        for at in sorted(times)
    ]
    while len(points) > 1 and points[-1][1] == points[-2][1]:
        points.pop()  # the last value holds until the clip's end
    return tuple(points) if any(level for _, level in points) else ()


def _level_at(envelope: GainEnvelope, at: int) -> float:
    """The dB of an envelope at a sample, linear between its points and constant outside."""
    if at <= envelope[0][0]:
        return envelope[0][1]
    if at >= envelope[-1][0]:
        return envelope[-1][1]
    k = bisect_right(envelope, at, key=lambda point: point[0])
    (left, low), (right, high) = envelope[k - 1], envelope[k]
    return low + (high - low) * (at - left) / (right - left)


def planned_events(
    placed: Sequence[PlacedTurn],
    overlays: Sequence[PlacedOverlay],
    utterances: Mapping[str, Utterance],
    settings: PlanSettings,
) -> tuple[Event, ...]:
    """Events of origin "planned", sorted by start.

    An unmarked change of speaker that overlaps by more than `PlanSettings.terminal` is an
    interruption by the framework's definition. The turn before it is finished all the same, so the
    event is ``complete`` and cooperative.
    """
    rate = placed[0].timing.outline.rate
    terminal = round(settings.terminal * rate)
    shortest = -(-round(_SHORTEST_EVENT * 1000) * rate // 1000)  # rounded up
    events: list[Event] = []
    for index, turn in enumerate(placed):
        before = placed[index - 1] if index else None
        events.append(_turn_event(turn, before, shortest))
        if before is not None and turn.kind != "same":
            events += _transition_events(turn, before, terminal, shortest)
        events += _pause_events(utterances[turn.line.id], overlays, shortest)
    for overlay in overlays:
        events.append(_overlay_event(overlay, utterances))
    events.sort(key=lambda e: (e.start, e.end, e.type, e.speaker))
    return tuple(events)


def _turn_event(turn: PlacedTurn, before: PlacedTurn | None, shortest: int) -> Event:
    attributes: dict[str, Attribute] = {"onset": "first"}
    partner = ""
    if before is not None:
        offset = turn.start - before.end
        if turn.kind == "same":
            attributes = {"onset": "resume", "silence": offset}
        else:
            partner = before.line.speaker
            onset = "overlapped" if offset < 0 else "gap" if offset >= shortest else "smooth"
            attributes = {"onset": onset, "fto": offset}
    return _turn_span_event("turn", turn, turn.start, turn.end, partner, attributes)


def _transition_events(
    turn: PlacedTurn, before: PlacedTurn, terminal: int, shortest: int
) -> list[Event]:
    offset, partner = turn.start - before.end, before.line.speaker
    if offset >= shortest:
        return [_turn_span_event("gap", turn, before.end, turn.start, partner, {"fto": offset})]
    if offset >= 0:
        return []
    overlap = min(-offset, turn.end - turn.start)
    end = turn.start + overlap
    cut = before.line.cut if turn.kind == "cut" else None
    marked = {mark.label for mark in before.line.marks if mark.kind == "overlap" and mark.label}
    named: dict[str, Attribute] = {"kind": next(iter(marked))} if marked else {}
    if overlap <= terminal and cut is None:
        return [
            _turn_span_event(
                "terminal_overlap",
                turn,
                turn.start,
                end,
                partner,
                {"outcome": "taken", "fto": offset, **named},
            )
        ]
    attributes: dict[str, Attribute] = {
        "outcome": "taken",
        "overlap": overlap,
        "floor_transfer": end,
        "complete": cut is None,
        "style": (cut.style if cut else "cooperative") or "competitive",
    }
    attributes |= named
    if cut and cut.label:
        attributes["kind"] = cut.label
    return [_turn_span_event("interruption", turn, turn.start, end, partner, attributes)]


def _pause_events(
    utterance: Utterance, overlays: Sequence[PlacedOverlay], shortest: int
) -> list[Event]:
    events: list[Event] = []
    for left, right in pairwise(utterance.speech):
        if right.start - left.end < shortest:
            continue
        if any(
            overlay.line.role == "aside"
            and overlay.line.speaker == utterance.speaker
            and left.end <= overlay.start < right.start
            for overlay in overlays
        ):
            continue  # the speaker talks aside in it
        attributes: dict[str, Attribute] = {"fill": "silent"}
        backchannels = sum(
            left.end <= overlay.start < right.start and overlay.line.role == "backchannel"
            for overlay in overlays
        )
        if backchannels:
            attributes["backchannels"] = backchannels
        events.append(
            Event(
                type="pause",
                speaker=utterance.speaker,
                start=left.end,
                end=right.start,
                origin="planned",
                utterance=utterance.id,
                attributes=attributes,
            )
        )
    return events


def _overlay_event(overlay: PlacedOverlay, utterances: Mapping[str, Utterance]) -> Event:
    utterance = utterances[overlay.line.id]
    if overlay.line.role == "backchannel":
        kind: EventType = "backchannel"
        attributes: dict[str, Attribute] = {"placement": overlay.placement}
    elif overlay.line.role == "aside":
        kind = "vocal_tic" if overlay.mark.label == "thinking" else "aside"
        attributes = {
            "directed": False,
            "kind": overlay.mark.label,
            "placement": overlay.placement,
        }
    else:
        kind = "interruption"
        attributes = {"outcome": "failed", "overlap": utterance.end - utterance.start}
        if overlay.mark.style:
            attributes["style"] = overlay.mark.style
        if overlay.mark.label:
            attributes["kind"] = overlay.mark.label
    return Event(
        type=kind,
        speaker=utterance.speaker,
        start=utterance.start,
        end=utterance.end,
        partner="" if overlay.line.role == "aside" else overlay.during.speaker,
        origin="planned",
        utterance=utterance.id,
        attributes=attributes,
    )


def _turn_span_event(
    kind: EventType,
    turn: PlacedTurn,
    start: int,
    end: int,
    partner: str,
    attributes: dict[str, Attribute],
) -> Event:
    return Event(
        type=kind,
        speaker=turn.line.speaker,
        start=start,
        end=end,
        partner=partner,
        origin="planned",
        utterance=turn.line.id,
        attributes=attributes,
    )
