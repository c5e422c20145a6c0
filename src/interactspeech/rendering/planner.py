"""The planner: a script and its speech in, a plan of the dialogue out. Pure and seeded.

In order: timing inside each turn (`lay_out_turn`), offsets between turns (`draw_transitions`), then
turn by turn the start and the overlays of the listener (`place_backchannel`, `place_attempt`), and
last clips, utterances and events (`assemble_plan`).

Human backchannels (framework.md section 6): 55 % begin after the partner stopped, a delay of
.05-.75 s into a pause of the partner; 45 % begin in overlap, at a drawn lead before the partner's
next silence, so that the short ones lie wholly inside the partner's talk.

```
        mark of the script           mark moved to a silence, lead drawn
A  ####### ####[B: mm-hm]## ####     ########### ####______######
B                                                   ■■■ lead ├┤
```

A backchannel may move a few words to reach a silence of the source. The planner makes that silence
as long as the backchannel needs and closes silences that would lie inside an overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from interactspeech.errors import InputError
from interactspeech.records import Delivery, Script, Speech
from interactspeech.rendering.holds import draw_holds
from interactspeech.rendering.overlays import (
    FOLLOWING_TALK,
    OverlayPlacement,
    TalkWindow,
    place_aside,
    place_simultaneous_start,
)
from interactspeech.rendering.plan import Plan, PlanLoss
from interactspeech.rendering.plan_assembly import (
    PlacedOverlay,
    PlacedTurn,
    Placement,
    assemble_plan,
)
from interactspeech.rendering.role_timing import in_roles, timings_of
from interactspeech.rendering.script_lines import (
    LineMark,
    SpokenLine,
    spoken_lines,
)
from interactspeech.rendering.settings import HUMAN, PlanSettings
from interactspeech.rendering.speech_outline import Outline, measure_outline
from interactspeech.rendering.speech_plan import (
    SpeechPlan,
    draw_deliveries,
)
from interactspeech.rendering.turn_timing import (
    TimedTurn,
    Transition,
    TurnTiming,
    draw_transitions,
    lay_out_turn,
)
from interactspeech.seeds import generator
from interactspeech.turntaking.distribution import normal_quantile
from interactspeech.turntaking.timing import Dyad, TimingModel
from interactspeech.turntaking.timing.pause_places import PausePlaces, place_of
from interactspeech.turntaking.timing.roles import RoleTiming

#: Time from a backchannel's end to the partner's next onset: mean and standard deviation (s); the
#: partner often resumes before it ends. With the human delays this makes pauses with a backchannel
#: about .75 s long, so that all pauses together are as long as people's.
_RESUME = (-0.08, 0.18)
#: Length of a closed silence inside an overlap, and of the shortest pause (s).
_CLOSED_SILENCE = 0.08
_SHORTEST_PAUSE = 0.2
#: Tokens that a backchannel may be further from its mark to fall into a silence between sentences:
#: the silence that it needs is longer than people's pauses inside one.
_INSIDE = 8.0
_PAIR = 2
#: Own silence between two turns, in company (s): what is shorter, under another's talk, is a
#: hesitation in one turn (`RuleSet.overlap_pause_ms`).
_OWN_SILENCE = 0.52
#: Seconds from one's onset to that of another who joins in: mean, and at most. In meetings people's
#: have a median of .2 (ICSI) to .5 (AMI), by bench/fit_company.py.
_JOINS_AFTER, _JOINS_BY = 0.3, 1.0
#: Seconds after a turn with a laugh at its end before another's, who laughs along, begins at the
#: earliest: the lag of most and a laugh.
_LAUGHED = 1.5
#: No overlay starts in the first seconds of a turn.
_TURN_HEAD = 0.3


def plan_dialogue(
    script: Script | SpeechPlan,
    speeches: Mapping[str, Speech | Outline],
    dyad: Dyad | None = None,
    *,
    seed: int = 0,
    settings: PlanSettings = HUMAN,
) -> Plan:
    """Draw the timing of a script.

    Args:
        script: the source; see `spoken_lines` for what has to be spoken. A `SpeechPlan` says that
            the lines were spoken with its deliveries, and the plan's utterances state them;
            otherwise they state levels only, which are the plan's own.
        speeches: line id -> its speech, or its outline where only durations are known. All at one
            rate (see `interactspeech.signal.resampling.resample`).
        dyad: the pair's timing; drawn from people's with `seed` where None (see `draw_dyad`).
        seed: of the corpus. Draws are keyed by (seed, script id, purpose) and by nothing else.
        settings: a preset (`HUMAN`, `ORIGINAL`) or your own.

    Raises:
        InputError: the script cannot be planned (reason ``bad-script``), a line has no speech or
            another number of words than its speech (``no-speech``), or rates differ
            (``mixed-rates``).
    """
    if dyad is None:
        source = script.script if isinstance(script, SpeechPlan) else script
        dyad = draw_dyad(source.id, seed, speakers=len(source.speakers))
    if isinstance(script, SpeechPlan):
        speech_plan, script = script, script.script
    else:
        speech_plan = _level_plan(script, dyad, seed, settings)
    lines = speech_plan.lines
    outlines = _line_outlines(script, lines, speeches)
    rng = generator(seed, script.id, "plan")
    holds = speech_plan.holds
    turns = [
        TimedTurn(
            line, lay_out_turn(line, outlines[line.id], holds.get(line.id, ()), rng, settings)
        )
        for line in lines
        if line.role == "turn"
    ]
    if not turns:
        raise InputError(
            f"script {script.id}: no turn has a word", remedy="write a turn", reason="bad-script"
        )
    transitions = draw_transitions(turns, dyad, rng, settings)
    timings = timings_of(script, settings)
    if timings:
        transitions = in_roles(turns, transitions, timings, generator(seed, script.id, "roles"))
    state = _PlacementState(
        rate=turns[0].timing.outline.rate,
        outlines=outlines,
        lines={line.id: line for line in lines},
        dyad=dyad,
        rng=rng,
        settings=settings,
        timings=timings,
        company=len(script.speakers) > _PAIR,
    )
    followers = [
        (turn.line.speaker, transition)
        for turn, transition in zip(turns[1:], transitions[1:], strict=True)
    ]
    for turn, transition, following in zip(turns, transitions, [*followers, None], strict=True):
        state.place_turn(turn, transition, following)
    return assemble_plan(
        speech_plan,
        state.placed,
        state.overlays,
        outlines,
        lost=tuple(state.lost),
        settings=settings,
        seed=seed,
        timing=dyad.model.id,
    )


def draw_dyad(
    script_id: str, seed: int, model: TimingModel | None = None, *, speakers: int = 2
) -> Dyad:
    """The dyad of a script under a corpus seed.

    Args:
        script_id: id of the script.
        seed: of the corpus.
        model: the timing model; None, or the human one, for people's: two as on the telephone, more
            as in meetings.
        speakers: of the script.
    """
    if speakers > _PAIR and (model is None or model is TimingModel.human()):
        model = TimingModel.meetings()
    return (model or TimingModel.human()).draw_dyad(generator(seed, script_id, "dyad"))


def _level_plan(script: Script, dyad: Dyad, seed: int, settings: PlanSettings) -> SpeechPlan:
    """Lines of a script whose speech is neutral: of the deliveries, only levels apply."""
    lines = spoken_lines(script)
    deliveries = {
        name: Delivery(level=delivery.level, onset=delivery.onset)
        for name, delivery in draw_deliveries(script, lines, seed=seed, settings=settings).items()
    }
    holds = draw_holds(script, lines, dyad, seed=seed, settings=settings)
    return SpeechPlan(script, lines, deliveries, {}, holds)


def _line_outlines(
    script: Script, lines: Sequence[SpokenLine], speeches: Mapping[str, Speech | Outline]
) -> dict[str, Outline]:
    """Line id -> outline of its speech, checked against the line."""
    outlines: dict[str, Outline] = {}
    for line in lines:
        speech = speeches.get(line.id)
        if speech is None:
            raise InputError(
                f"script {script.id}: line {line.id} has no speech", reason="no-speech"
            )
        outline = measure_outline(speech) if isinstance(speech, Speech) else speech
        if len(outline.starts) != len(line.tokens):
            raise InputError(
                f"script {script.id}: line {line.id} has {len(line.tokens)} words, its speech "
                f"{len(outline.starts)}",
                reason="no-speech",
            )
        outlines[line.id] = outline
    rates = {outline.rate for outline in outlines.values()}
    if len(rates) > 1:
        raise InputError(
            f"script {script.id}: speech at rates {sorted(rates)}",
            remedy="resample all lines to one rate (interactspeech.rendering.resample)",
            reason="mixed-rates",
        )
    return outlines


@dataclass
class _PlacementState:
    """What is placed so far, while turns are placed one after the other."""

    rate: int
    outlines: Mapping[str, Outline]
    lines: Mapping[str, SpokenLine]
    dyad: Dyad
    rng: np.random.Generator
    settings: PlanSettings
    timings: Mapping[str, RoleTiming]
    company: bool
    placed: list[PlacedTurn] = field(default_factory=list)
    overlays: list[PlacedOverlay] = field(default_factory=list)
    lost: list[PlanLoss] = field(default_factory=list)
    #: Speaker -> one past their last sample so far.
    ends: dict[str, int] = field(default_factory=dict)

    def place_turn(
        self, turn: TimedTurn, transition: Transition, following: tuple[str, Transition] | None
    ) -> None:
        """Place a turn and its overlays; `following` is the next turn's speaker and transition."""
        speaker = turn.line.speaker
        if not self.placed:
            start = round(self.settings.edge_silence * self.rate)
        else:
            before = self.placed[-1]
            start = max(before.end + transition.offset, before.start + 1, 0)
            if speaker in self.ends:
                silence = _OWN_SILENCE if self.company else self.settings.own_silence
                own_silence = round(silence * self.rate)
                start = max(start, self.ends[speaker] + own_silence)
        if self.settings.overlays:
            for mark in turn.line.marks:
                if mark.kind in {"listen", "attempt", "aside"}:
                    self._place_overlay(mark, turn, start, following)
        placed = PlacedTurn(turn.line, turn.timing, start, transition.kind)
        self.placed.append(placed)
        self.ends[speaker] = placed.end
        for mark in turn.line.marks:
            # Who laughs along with a laugh after the turn does so before they speak.
            if mark.kind == "laugh-along" and mark.token >= turn.line.spoken_count:
                laughed = placed.end + round(_LAUGHED * self.rate)
                self.ends[mark.label] = max(laughed, self.ends.get(mark.label, 0))

    def _place_overlay(
        self,
        mark: LineMark,
        turn: TimedTurn,
        start: int,
        following: tuple[str, Transition] | None,
    ) -> None:
        line = self.lines[mark.line]
        unbounded = 10 * self.rate
        until, next_turn = unbounded, 0
        if following is not None:
            speaker, transition = following
            next_turn = transition.offset
            until = transition.offset if speaker == line.speaker or transition.offset > 0 else 0
        window = TalkWindow(
            timing=turn.timing,
            silent_since=self.ends.get(line.speaker, -unbounded) - start,
            until=until,
            head=max(0, self.placed[-1].end - start) if self.placed else 0,
            rate=self.rate,
            tokens=turn.line.tokens,
            next_turn=next_turn,
        )
        duration = self.outlines[line.id].length
        timing = self.timings.get(turn.line.speaker)
        joined = self._joined_onset(mark, turn, window, start) if self.company else None
        if joined is not None and mark.kind in {"listen", "attempt"}:
            place = place_attempt(mark, duration, window, self.settings, wanted=joined)
        elif mark.kind == "listen" and timing is not None and timing.through_feedback:
            place = place_attempt(mark, duration, window, self.settings)
        elif mark.kind == "listen":
            place = place_backchannel(mark, duration, window, self.dyad, self.rng, self.settings)
        elif mark.kind == "aside":
            own = line.speaker == turn.line.speaker
            place = place_aside(mark, duration, window, self.settings, own=own)
        elif mark.starts_together:
            place = place_simultaneous_start(duration, window, self.rng)
        else:
            place = place_attempt(mark, duration, window, self.settings)
        if place is None:
            self.lost.append(PlanLoss(line.id, f"no-room-for-{line.role}"))
            return
        onset = start + place.onset
        self.overlays.append(PlacedOverlay(line, onset, turn.line, mark, place.placement))
        self.ends[line.speaker] = max(onset + duration, self.ends.get(line.speaker, 0))

    def _joined_onset(
        self, mark: LineMark, turn: TimedTurn, window: TalkWindow, start: int
    ) -> int | None:
        """Onset of talk that joins another listener's at the same mark; None where there is none.

        What others say in the turn is placed: no pause is made before it any more.
        """
        onset = None
        for other in self.overlays:
            if other.during is not turn.line or other.line.speaker == self.lines[mark.line].speaker:
                continue
            end = other.start - start + self.outlines[other.line.id].length
            window.head = max(window.head, end)
            if other.mark.token == mark.token and mark.kind != "aside":
                lag = min(float(self.rng.exponential(_JOINS_AFTER)), _JOINS_BY)
                onset = other.start - start + round(lag * self.rate)
        return onset


def place_backchannel(
    mark: LineMark,
    duration: int,
    window: TalkWindow,
    dyad: Dyad,
    rng: np.random.Generator,
    settings: PlanSettings,
) -> OverlayPlacement | None:
    """Place a backchannel of `duration` samples; None where there is no room.

    The drawn placement is tried first, then the other one; both again with less own silence around
    it. The gaps of the turn's timing and `window.silent_since` are changed in place.
    """
    rate = window.rate
    in_silence = dyad.model.backchannel_places.get("silence", 0.0)
    first: Placement = "silence" if rng.random() < in_silence else "overlap"
    if mark.token in window.timing.fixed:
        first = "silence"
    draws = _OverlayDraws(
        delay=round(float(dyad.backchannel_delay(rng, 1)[0]) * rate),
        lead=round(float(dyad.backchannel_lead(rng, 1)[0]) * rate),
        resume=round(float(rng.normal(*_RESUME)) * rate),
        pause=_DrawnPause(dyad, float(dyad.pause(rng, 1)[0]), window.tokens, rate),
    )
    second: Placement = "overlap" if first == "silence" else "silence"
    for isolation in (settings.isolation, 0.3 * settings.isolation):
        for placement in (first, second):
            place = _place_once(
                placement, mark, duration, draws, window, round(isolation * rate), settings
            )
            if place:
                window.silent_since = place.onset + duration
                return place
    return None


def place_attempt(
    mark: LineMark,
    duration: int,
    window: TalkWindow,
    settings: PlanSettings,
    *,
    wanted: int | None = None,
) -> OverlayPlacement | None:
    """Place a failed interruption in overlap throughout; None where there is no room.

    The speaker of the turn goes on after it. It begins with a word, the nearest to the mark or to
    `wanted`, or at `wanted` itself (samples from the turn's first sound).
    """
    timing, rate = window.timing, window.rate
    on = round(FOLLOWING_TALK * rate)
    for isolation in (settings.isolation, 0.3 * settings.isolation):
        own = round(isolation * rate)
        low, high = (
            window.silent_since + own,
            min(window.limit - own, timing.duration - on) - duration,
        )
        low = max(low, round(0.3 * rate))
        if low > high:
            continue
        before, after = round(0.15 * rate), duration + on
        marked = timing.start(min(mark.token, timing.spoken_count - 1))
        onsets = {min(max(timing.start(t), low), high) for t in range(timing.spoken_count)}
        if wanted is not None:
            marked = min(max(wanted, low), high)
            onsets.add(marked)
        free = [o for o in sorted(onsets) if not timing.has_fixed_silence(o - before, o + after)]
        if not free:
            continue
        onset = min(free, key=lambda o: abs(o - marked))
        _close_span(timing, onset - before, onset + after, rate)
        # Closing silences moves what follows them, and brings the turn's end nearer.
        high = min(window.limit - own, timing.duration - on) - duration
        if high < low:
            continue
        onset = min(onset, high)
        window.silent_since = onset + duration
        return OverlayPlacement(onset, "overlap")
    return None


@dataclass(frozen=True, slots=True)
class _DrawnPause:
    """A pause of the dyad's; it is as long, among people's at the place where it is made, as the
    drawn one is among all of people's.
    """

    dyad: Dyad
    seconds: float
    tokens: Sequence[str]
    rate: int

    def before(self, token: int) -> int:
        """Samples of the pause, if it is made before `token`."""
        if not 0 < token < len(self.tokens):
            return round(self.seconds * self.rate)
        model = self.dyad.model
        level = np.clip(model.pause.cdf(self.seconds), 1e-6, 1 - 1e-6)
        places = model.pauses or PausePlaces.human()
        score = float(normal_quantile(level))
        return round(places.length_after(self.tokens[token - 1], score) * self.rate)


@dataclass(frozen=True, slots=True)
class _OverlayDraws:
    """Drawn times of a backchannel, in samples."""

    delay: int  #: from the partner's offset to the onset
    lead: int  #: from the onset to the partner's offset
    resume: int  #: from the end to the partner's next onset
    pause: _DrawnPause  #: of the partner, where the backchannel ends before it


def _place_once(
    placement: Placement,
    mark: LineMark,
    duration: int,
    draws: _OverlayDraws,
    window: TalkWindow,
    own: int,
    settings: PlanSettings,
) -> OverlayPlacement | None:
    """The best-scored place of one kind, with own silence of `own` samples around it."""
    timing, rate = window.timing, window.rate
    low = max(window.silent_since + own, round(_TURN_HEAD * rate))
    unit = 0.3 * rate  # a token lasts about so long; distances are scored in tokens
    silences = set(timing.tokens_with_silence())
    marked = timing.speech_end_before(mark.token) if mark.token > 0 else 0
    best: tuple[float, int, int] | None = None
    for token in range(1, timing.spoken_count + (placement == "overlap")):
        stop, last = timing.speech_end_before(token), token == timing.spoken_count
        if stop < window.silent_since or (not last and not window.head <= stop < window.tail):
            continue
        if placement == "silence":
            lead, shortfall = -draws.delay, 0.0
        else:
            lead = min(draws.lead, stop - low)
            shortfall = (draws.lead - lead) / unit
            if lead < min(draws.lead, 0.05 * rate) or timing.has_fixed_silence(stop - lead, stop):
                continue
        onset = stop - lead
        growth = 0  # of the turn, by the pause made for the backchannel
        if not last:
            pause = _partner_silence(onset + duration - stop, token, draws, rate)
            growth = pause - timing.silence(token)
        if onset < low or onset + duration > window.limit + growth - own:
            continue
        distance = abs(onset - marked) / unit if placement == "overlap" else abs(token - mark.token)
        score = distance + shortfall + (0 if last or token in silences else settings.max_shift)
        if placement == "silence" and 0 < token < len(window.tokens):
            score += _INSIDE * (place_of(window.tokens[token - 1]) == "inside an act")
        if distance <= settings.max_shift and (best is None or score < best[0]):
            best = (score, token, onset)
    if best is None:
        return None
    _, token, onset = best
    if placement == "overlap":
        lead = timing.speech_end_before(token) - onset
        _close_span(timing, onset, timing.speech_end_before(token), rate)
        onset = timing.speech_end_before(token) - lead
    if token < timing.spoken_count:
        over = onset + duration - timing.speech_end_before(token)
        pause = _partner_silence(over, token, draws, rate)
        if token not in timing.fixed or pause > timing.silence(token):
            timing.set_gap(token, pause)
        timing.fixed.add(token)
    # Closed silences may have moved the backchannel towards the listener's own talk.
    if onset < low - own // 2 or onset + duration > window.limit - own // 2:
        return None
    return OverlayPlacement(onset, placement)


def _partner_silence(over: int, token: int, draws: _OverlayDraws, rate: int) -> int:
    """Length of the partner's silence before `token` if the backchannel ends `over` samples after
    its start.
    """
    if over <= 0:
        return draws.pause.before(token)
    return max(over + draws.resume, round(_SHORTEST_PAUSE * rate))


def _close_span(timing: TurnTiming, low: int, high: int, rate: int) -> None:
    timing.close_silences(max(low, 0), high, round(_CLOSED_SILENCE * rate))
