"""The events that the planner meant, with the attribute names of the rule annotator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from interactspeech.records import Delivery, Event, Script, Span, Utterance, Word
from interactspeech.records.dialogue import Attribute
from interactspeech.records.event_types import EventType
from interactspeech.rendering.gain_envelopes import inside, swells
from interactspeech.rendering.placed_turns import PlacedOverlay, PlacedTurn
from interactspeech.rendering.planned_clips import Plan, PlanLoss, PlannedClip
from interactspeech.rendering.settings import PlanSettings
from interactspeech.rendering.speech_outline import Outline
from interactspeech.rendering.spoken_lines import SpokenLine
from interactspeech.rendering.turn_timing import TurnTiming

#: Shortest pause and gap that is an event (framework.md section 3), seconds.
_SHORTEST = 0.2


def events(
    placed: Sequence[PlacedTurn],
    others: Sequence[PlacedOverlay],
    utterances: Mapping[str, Utterance],
    settings: PlanSettings,
) -> tuple[Event, ...]:
    """Events of origin "planned", sorted.

    A change that the script does not force and that overlaps by more than `PlanSettings.terminal`
    is an
    interruption by the framework's definition; the one before finished the sentence all the same,
    so it is marked ``cut=False`` and cooperative.
    """
    rate = placed[0].layout.outline.rate
    terminal, shortest = round(settings.terminal * rate), -(-round(_SHORTEST * 1000) * rate // 1000)
    found: list[Event] = []
    for index, turn in enumerate(placed):
        before = placed[index - 1] if index else None
        found.append(_turn(turn, before, shortest))
        if before is not None and turn.kind != "same":
            found += _change(turn, before, terminal, shortest)
        found += _pauses(utterances[turn.line.id], others, shortest)
    for other in others:
        found.append(_other(other, utterances))
    found.sort(key=lambda e: (e.start, e.end, e.type, e.speaker))
    return tuple(found)


def _turn(turn: PlacedTurn, before: PlacedTurn | None, shortest: int) -> Event:
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
    return _event("turn", turn, turn.start, turn.end, partner, attributes)


def _change(turn: PlacedTurn, before: PlacedTurn, terminal: int, shortest: int) -> list[Event]:
    offset, partner = turn.start - before.end, before.line.speaker
    if offset >= shortest:
        return [_event("gap", turn, before.end, turn.start, partner, {"fto": offset})]
    if offset >= 0:
        return []
    overlap = min(-offset, turn.end - turn.start)
    end = turn.start + overlap
    cut = before.line.cut if turn.kind == "cut" else None
    if overlap <= terminal and cut is None:
        return [
            _event(
                "terminal_overlap",
                turn,
                turn.start,
                end,
                partner,
                {"outcome": "taken", "fto": offset},
            )
        ]
    attributes: dict[str, Attribute] = {
        "outcome": "taken",
        "overlap": overlap,
        "floor_transfer": end,
        "complete": cut is None,
        "style": (cut.style if cut else "cooperative") or "competitive",
    }
    if cut and cut.label:
        attributes["kind"] = cut.label
    return [_event("interruption", turn, turn.start, end, partner, attributes)]


def _pauses(utterance: Utterance, others: Sequence[PlacedOverlay], shortest: int) -> list[Event]:
    found: list[Event] = []
    for left, right in pairwise(utterance.speech):
        if right.start - left.end < shortest:
            continue
        attributes: dict[str, Attribute] = {"fill": "silent"}
        inside = sum(
            left.end <= other.start < right.start and other.line.role == "backchannel"
            for other in others
        )
        if inside:
            attributes["backchannels"] = inside
        found.append(
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
    return found


def _other(other: PlacedOverlay, utterances: Mapping[str, Utterance]) -> Event:
    said = utterances[other.line.id]
    if other.line.role == "backchannel":
        kind: EventType = "backchannel"
        attributes: dict[str, Attribute] = {"placement": other.place}
    else:
        kind = "interruption"
        attributes = {"outcome": "failed", "overlap": said.end - said.start}
        if other.mark.style:
            attributes["style"] = other.mark.style
        if other.mark.label:
            attributes["kind"] = other.mark.label
    return Event(
        type=kind,
        speaker=said.speaker,
        start=said.start,
        end=said.end,
        partner=other.during.speaker,
        origin="planned",
        utterance=said.id,
        attributes=attributes,
    )


def _event(
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


# From placed turns to a plan: clips with their ramps, utterances with their words, events.


#: Ramps in seconds: at the edges of a speech, which are silent but for what the trimming left; and
#: where speech itself is cut.
_EDGE_IN, _EDGE_OUT = 0.003, 0.006
_CUT_IN, _CUT_OUT = 0.006, 0.015
#: A person who is cut off trails off over this part of the overlap, at most so long, down by so
#: many dB, before the last ramp.
_TRAIL_SHARE, _TRAIL_LONGEST, _TRAIL_DEPTH = 0.8, 0.35, 9.0
_TRAIL_OUT = 0.03
#: One who fails to get the floor trails off, too, but less.
_GIVE_UP, _GIVE_UP_DEPTH = 0.2, 5.0
_PLAIN = Delivery()


def write(
    script: Script,
    placed: Sequence[PlacedTurn],
    others: Sequence[PlacedOverlay],
    shapes: Mapping[str, Outline],
    gains: Mapping[str, float],
    delivered: Mapping[str, Delivery],
    *,
    lost: tuple[PlanLoss, ...],
    settings: PlanSettings,
    seed: int,
    timing: str,
) -> Plan:
    """The plan of a dialogue whose turns and listeners have their places."""
    speakers = script.speakers
    rate = placed[0].layout.outline.rate
    lengths = {name: shape.length for name, shape in shapes.items()}
    louder = swells(placed, others, delivered, lengths, settings)
    clips: list[PlannedClip] = []
    utterances: list[Utterance] = []
    for index, turn in enumerate(placed):
        following = placed[index + 1] if index + 1 < len(placed) else None
        over = 0
        if following is not None and following.kind == "cut":
            over = max(0, turn.end - following.start)
        channel = speakers.index(turn.line.speaker)
        clips += _clips(turn.line, turn.layout, turn.start, channel, gains, rate, over)
        utterances.append(_utterance(turn.line, turn.layout, turn.start, delivered))
    for other in others:
        shape = shapes[other.line.id]
        whole = TurnTiming(shape, other.line.said, shape.length)
        channel = speakers.index(other.line.speaker)
        clips += _clips(other.line, whole, other.start, channel, gains, rate, 0)
        utterances.append(_utterance(other.line, whole, other.start, delivered))
    clips = [
        replace(clip, swell=inside(louder[clip.line], clip.at, clip.end))
        if clip.line in louder
        else clip
        for clip in clips
    ]
    utterances.sort(key=lambda u: (u.start, u.end, u.id))
    clips.sort(key=lambda c: (c.channel, c.at))
    length = max(u.end for u in utterances) + round(settings.edge * rate)
    return Plan(
        id=script.id,
        rate=rate,
        length=length,
        speakers=speakers,
        clips=tuple(clips),
        utterances=tuple(utterances),
        events=events(placed, others, {u.id: u for u in utterances}, settings),
        lost=lost,
        preset=settings.name,
        seed=seed,
        timing=timing,
    )


def _clips(
    line: SpokenLine,
    layout: TurnTiming,
    start: int,
    channel: int,
    gains: Mapping[str, float],
    rate: int,
    overlap: int,
) -> list[PlannedClip]:
    """The clips of one line; `overlap` is how long the next turn talks over its end, if it cuts."""
    found: list[PlannedClip] = []
    pieces = layout.pieces()
    for index, piece in enumerate(pieces):
        source = Span(piece.start - piece.before, piece.end + piece.after)
        first, last = index == 0, index == len(pieces) - 1
        fade_in = _EDGE_IN if first else _CUT_IN
        fade_out = _EDGE_OUT if last else _CUT_OUT
        decay, depth = 0, 0.0
        if last and line.said < len(line.tokens):
            decay = round(min(_TRAIL_SHARE * overlap, _TRAIL_LONGEST * rate))
            fade_out, depth = _TRAIL_OUT, _TRAIL_DEPTH
        elif last and line.role == "attempt":
            decay, depth = round(_GIVE_UP * rate), _GIVE_UP_DEPTH
        # Inside a silent margin the ramp takes the whole margin; speech itself keeps more.
        inside = piece.before or round(fade_in * rate)
        outside = piece.after or round(fade_out * rate)
        half = len(source) // 2
        outside = min(outside, half)
        found.append(
            PlannedClip(
                line=line.id,
                channel=channel,
                source=source,
                at=start + piece.at - piece.before,
                gain=gains[line.id],
                fade_in=min(inside, half),
                fade_out=outside,
                decay=min(max(decay, outside), len(source)) if depth else 0,
                depth=depth,
            )
        )
    return found


def _utterance(
    line: SpokenLine, layout: TurnTiming, start: int, delivered: Mapping[str, Delivery]
) -> Utterance:
    manner = delivered[line.id]
    words = [
        Word(line.tokens[token], start + layout.start(token), start + layout.end(token))
        for token in range(line.said)
    ]
    if layout.fragment:
        words.append(_fragment(line.tokens[line.said], layout, start))
    spans = tuple(Span(start + low, start + high) for low, high in layout.spans())
    return Utterance(
        id=line.id,
        speaker=line.speaker,
        start=spans[0].start,
        end=spans[-1].end,
        speech=spans,
        words=tuple(words),
        unsaid=line.tokens[line.said :],
        kind=line.role,
        times=layout.outline.times,
        written=line.written,
        delivery=manner if manner != _PLAIN else None,
    )


def _fragment(token: str, layout: TurnTiming, start: int) -> Word:
    """The beginning of a word that was cut: letters in proportion to what is heard."""
    shape, index = layout.outline, layout.said
    heard = layout.source_end - shape.starts[index]
    share = heard / max(1, shape.ends[index] - shape.starts[index])
    text = token[: max(1, round(share * len(token)))].rstrip(".,;:?!-") + "-"
    begins = start + layout.start(index)
    return Word(text, begins, start + layout.duration, fragment=True)
