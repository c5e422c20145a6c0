"""The planner: a script and the shapes of its speech in, a plan out. Pure and seeded.

In order: lay out each turn (`pauses`), draw how turns follow each other (`transitions`), place the
turns one after the other with what the listener says in them (`listening`), and write down clips,
utterances and events (`writing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from interactspeech.errors import InputError
from interactspeech.records import Delivery, Script, Speech
from interactspeech.rendering.delivery import deliveries
from interactspeech.rendering.levels import gains
from interactspeech.rendering.overlays import TalkWindow, place_attempt, place_backchannel
from interactspeech.rendering.placed_turns import PlacedOverlay, PlacedTurn
from interactspeech.rendering.plan_assembly import write
from interactspeech.rendering.planned_clips import Plan, PlanLoss
from interactspeech.rendering.settings import HUMAN, PlanSettings
from interactspeech.rendering.speech_outline import Outline, outline
from interactspeech.rendering.spoken_lines import LineMark, SpokenLine, lines
from interactspeech.rendering.transitions import TimedTurn, Transition, transitions
from interactspeech.rendering.turn_timing import layout
from interactspeech.seeds import generator
from interactspeech.turntaking.timing import Dyad, TimingModel


def plan(
    script: Script,
    speeches: Mapping[str, Speech | Outline],
    dyad: Dyad | None = None,
    *,
    seed: int = 0,
    settings: PlanSettings = HUMAN,
    styled: bool = False,
) -> Plan:
    """Give a script its times.

    Args:
        script: what is said; see `lines` for what has to be spoken.
        speeches: line id -> its speech, or its outline where only durations are known. All at one
            rate (`at_rate` brings them there).
        dyad: the pair's timing; without one it is drawn from the human model with `seed`.
        seed: of the corpus. Draws are keyed by (seed, script id, purpose): nothing else decides.
        settings: a preset (`HUMAN`, `ORIGINAL`) or your own.
        styled: the lines were spoken with the pace, pitch and rise of `deliveries` for the same
            seed and settings, so the plan's utterances may say so. Levels are the plan's own.

    Raises:
        InputError: the script cannot be planned (reason ``bad-script``), a line has no speech or
            its words do not fit the line (``no-speech``), or rates differ (``mixed-rates``).
    """
    everything = lines(script)
    shapes = _outlines(script, everything, speeches)
    if dyad is None:
        dyad = draw_dyad(script.id, seed)
    rng = generator(seed, script.id, "plan")
    turns = [
        TimedTurn(line, layout(line, shapes[line.id], dyad, rng, settings))
        for line in everything
        if line.role == "turn"
    ]
    if not turns:
        raise InputError(
            f"script {script.id}: nobody says a word", remedy="write a turn", reason="bad-script"
        )
    follow = transitions(turns, dyad, rng, settings)
    stage = _PlanningState(
        rate=turns[0].layout.outline.rate,
        shapes=shapes,
        lines={line.id: line for line in everything},
        dyad=dyad,
        rng=rng,
        settings=settings,
    )
    for index, (turn, transition) in enumerate(zip(turns, follow, strict=True)):
        nxt = (turns[index + 1].line.speaker, follow[index + 1]) if index + 1 < len(turns) else None
        stage.place(turn, transition, nxt)
    delivered = deliveries(script, seed=seed, settings=settings)
    if not styled:
        delivered = {name: Delivery(level=d.level, onset=d.onset) for name, d in delivered.items()}
    loud = gains(everything, shapes, delivered, generator(seed, script.id, "levels"), settings)
    return write(
        script,
        stage.placed,
        stage.others,
        shapes,
        loud,
        delivered,
        lost=tuple(stage.lost),
        settings=settings,
        seed=seed,
        timing=dyad.model.id,
    )


def draw_dyad(script_id: str, seed: int, model: TimingModel | None = None) -> Dyad:
    """The dyad that a script gets under a corpus seed."""
    return (model or TimingModel.human()).draw_dyad(generator(seed, script_id, "dyad"))


@dataclass
class _PlanningState:
    """Where everybody is while turns are placed one after the other."""

    rate: int
    shapes: Mapping[str, Outline]
    lines: Mapping[str, SpokenLine]
    dyad: Dyad
    rng: np.random.Generator
    settings: PlanSettings
    placed: list[PlacedTurn] = field(default_factory=list)
    others: list[PlacedOverlay] = field(default_factory=list)
    lost: list[PlanLoss] = field(default_factory=list)
    #: Speaker -> one past the last sample they were heard.
    ends: dict[str, int] = field(default_factory=dict)

    def place(
        self, turn: TimedTurn, transition: Transition, following: tuple[str, Transition] | None
    ) -> None:
        speaker = turn.line.speaker
        if not self.placed:
            start = round(self.settings.edge * self.rate)
        else:
            before = self.placed[-1]
            start = max(before.end + transition.offset, before.start + 1, 0)
            if speaker in self.ends:
                own = round(self.settings.own_silence * self.rate)
                start = max(start, self.ends[speaker] + own)
        marks = [mark for mark in turn.line.marks if mark.kind in {"listen", "attempt"}]
        if self.settings.others:
            for mark in marks:
                self._other(mark, turn, start, following)
        placing = PlacedTurn(turn.line, turn.layout, start, transition.kind)
        self.placed.append(placing)
        self.ends[speaker] = placing.end

    def _other(
        self,
        mark: LineMark,
        turn: TimedTurn,
        start: int,
        following: tuple[str, Transition] | None,
    ) -> None:
        line = self.lines[mark.line]
        far = 10 * self.rate
        until = far
        if following is not None:
            speaker, transition = following
            until = transition.offset if speaker == line.speaker or transition.offset > 0 else 0
        room = TalkWindow(
            layout=turn.layout,
            free=self.ends.get(line.speaker, -far) - start,
            until=until,
            head=max(0, self.placed[-1].end - start) if self.placed else 0,
            rate=self.rate,
        )
        duration = self.shapes[line.id].length
        if mark.kind == "listen":
            found = place_backchannel(mark, duration, room, self.dyad, self.rng, self.settings)
        else:
            found = place_attempt(mark, duration, room, self.settings)
        if found is None:
            self.lost.append(PlanLoss(line.id, f"no-room-for-{line.role}"))
            return
        self.others.append(PlacedOverlay(line, start + found.onset, turn.line, mark, found.place))
        self.ends[line.speaker] = start + found.onset + duration


def _outlines(
    script: Script, everything: tuple[SpokenLine, ...], speeches: Mapping[str, Speech | Outline]
) -> dict[str, Outline]:
    found: dict[str, Outline] = {}
    for line in everything:
        speech = speeches.get(line.id)
        if speech is None:
            raise InputError(
                f"script {script.id}: line {line.id} has no speech", reason="no-speech"
            )
        shape = outline(speech) if isinstance(speech, Speech) else speech
        if len(shape.starts) != len(line.tokens):
            raise InputError(
                f"script {script.id}: line {line.id} has {len(line.tokens)} words, its speech "
                f"{len(shape.starts)}",
                reason="no-speech",
            )
        found[line.id] = shape
    rates = {shape.rate for shape in found.values()}
    if len(rates) > 1:
        raise InputError(
            f"script {script.id}: speech at rates {sorted(rates)}",
            remedy="bring all to one with stage.at_rate",
            reason="mixed-rates",
        )
    return found
