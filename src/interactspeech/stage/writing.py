"""From placed turns to a plan: clips with their ramps, utterances with their words, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from interactspeech.dialogue import Delivery, Script, Span, Utterance, Word
from interactspeech.stage.layout import Layout
from interactspeech.stage.lines import Line
from interactspeech.stage.outline import Outline
from interactspeech.stage.placing import Other, Placing
from interactspeech.stage.planned import events
from interactspeech.stage.plans import Clip, Loss, Plan
from interactspeech.stage.settings import Settings
from interactspeech.stage.swells import inside, swells

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
    placed: Sequence[Placing],
    others: Sequence[Other],
    shapes: Mapping[str, Outline],
    gains: Mapping[str, float],
    delivered: Mapping[str, Delivery],
    *,
    lost: tuple[Loss, ...],
    settings: Settings,
    seed: int,
    timing: str,
) -> Plan:
    """The plan of a dialogue whose turns and listeners have their places."""
    speakers = script.speakers
    rate = placed[0].layout.outline.rate
    lengths = {name: shape.length for name, shape in shapes.items()}
    louder = swells(placed, others, delivered, lengths, settings)
    clips: list[Clip] = []
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
        whole = Layout(shape, other.line.said, shape.length)
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
    line: Line,
    layout: Layout,
    start: int,
    channel: int,
    gains: Mapping[str, float],
    rate: int,
    overlap: int,
) -> list[Clip]:
    """The clips of one line; `overlap` is how long the next turn talks over its end, if it cuts."""
    found: list[Clip] = []
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
            Clip(
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
    line: Line, layout: Layout, start: int, delivered: Mapping[str, Delivery]
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


def _fragment(token: str, layout: Layout, start: int) -> Word:
    """The beginning of a word that was cut: letters in proportion to what is heard."""
    shape, index = layout.outline, layout.said
    heard = layout.source_end - shape.starts[index]
    share = heard / max(1, shape.ends[index] - shape.starts[index])
    text = token[: max(1, round(share * len(token)))].rstrip(".,;:?!-") + "-"
    begins = start + layout.start(index)
    return Word(text, begins, start + layout.duration, fragment=True)
