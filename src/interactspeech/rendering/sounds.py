r"""Sounds that are no words, placed into a finished plan: no word and no offset moves for them.

```
A  ...and that was it. ha ha ha             \   a laugh after a turn's end; the other joins in
B                         ha ha     hh Well, I think ...    breath before a long turn, in its gap
```

Where a script asks for a sound, it is made in the silence at its mark. Beside those, laughs, breath
and the rest are drawn at people's rates: laughs at ends of turns, by who spoke or who listened,
often together (within two seconds, half of them within .6 s: AMI), never in a dialogue
about grave things; the last words before a laugh are often said laughing already; breath before
long turns that come late (Torreira, Bögels and Levinson 2015, Frontiers in Psychology 6) and in
long pauses.

Sounds lie where their speaker is silent and are no part of an utterance (words said laughing are:
``speech_laugh``). They are events of origin "planned", with the attributes ``source`` ("voice" or
the file of a bank), ``licence`` (of a file) and ``script`` (true where the script asks for it);
where the script has roles, what is not for the other (all but laughs) has ``directed`` false. Draws
are keyed by (seed, script id, "sounds").
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

import msgspec
import numpy as np

from interactspeech.records import Event, Script, Sound, Span, Speech, Utterance, Words
from interactspeech.records.dialogue import Attribute
from interactspeech.records.script import SOUND_KINDS, SoundKind
from interactspeech.records.sounds import LAUGHS_JOINED, SOUND_LENGTHS, MadeSound, SoundMaker
from interactspeech.rendering.plan import Plan, PlanLoss, PlannedClip
from interactspeech.rendering.script_lines import (
    LineMark,
    SpokenLine,
    spoken_lines,
)
from interactspeech.seeds import generator
from interactspeech.settings import NonNegative, Settings, Share

#: Peak that no sound may exceed (full scale is 1).
_PEAK = 0.97
#: Silence between a sound and its speaker's own speech after it, seconds; before it, after speech.
_BEFORE_SPEECH, _AFTER_SPEECH = 0.06, 0.04
#: Fades at the edges of a sound, seconds.
_FADE = 0.004
#: Seconds by which a laugh after a turn follows its end: median, sigma.
_LAUGH_DELAY = (0.1, 0.7)
#: A listener's laugh begins at most so many seconds before the turn ends.
_LISTENER_EARLY = 0.35
#: Seconds after which a second laugher joins: tenths of the distribution in 16 meetings of AMI
#: (bench/bench_laughter.py), of those who join within two seconds.
_JOIN_DELAYS = (0.02, 0.12, 0.22, 0.35, 0.47, 0.62, 0.79, 1.02, 1.31, 1.62, 2.0)
#: Seconds by which one may join later than drawn, where there is no room before.
_JOIN_LATER = 0.3
#: A turn of so many words is long; breath comes before it if its speaker and the other are silent
#: for so many seconds; and in own pauses of so many.
_LONG_TURN, _GAP_WITH_BREATH, _PAUSE_WITH_BREATH = 8, 0.4, 0.55
#: Words of one stretch that is said laughing, on average, and its length at most, seconds.
_WORDS_LAUGHING, _LONGEST_LAUGHING = 2.1, 2.0
#: Words of grave matters: nobody laughs by chance where one of them is spoken.
_GRAVE = re.compile(
    r"\b(?:die[sd]?|dying|dead|deaths?|kill(?:ed|ing)?|murder\w*|suicid\w*|funerals?|grief"
    r"|griev\w+|mourn\w*|cancer|tumou?rs?|heart attack|ambulance|emergency|accident|crash(?:ed)?"
    r"|injur(?:y|ies|ed)|bleed\w*|hurts?|pains?|painful|divorced?|abus(?:e|ed|ive)|assault\w*"
    r"|robb(?:ed|ery)|stolen|arrested|prison|laid off|condolences|depress(?:ed|ion)|cry(?:ing)?"
    r"|cried|furious)\b",
    re.IGNORECASE,
)


class SoundRates(Settings, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How often people make sounds that are no words; both speakers together.

    Laughs are Switchboard's (10,683 in its calls: 1.42 a minute), and coughs, cleared throats,
    sighs and clicks together its ``[vocalized-noise]`` (.34 a minute), in shares of ours. How
    often another joins is AMI's (docs/bench/laughter.md). How often a breath precedes a turn is
    ours: three two-channel calls had one before 28 %, which is fewer (docs/bench/sounds.md), and so
    are `spread` and `breath_in_pause`.

    Attributes:
        laughs: a minute, over all dialogues; those about grave things, of which `grave` is the
            share, have none, so that the others have so many more.
        grave: share of the talk (8 % of the words of DialogSum's development set, DailyDialog's
            test set and a file of Schema-Guided Dialogue: 9.8, 7.7 and 0 %).
        words_laughing: words said laughing, a minute, at the ends of turns at which somebody
            laughs (Switchboard marks .87, wherever they are).
        together: share of laughs in which another joins, where there is room.
        spread: of the pairs' laughter: sigma of a log-normal factor of mean 1.
        breath_before_turn: share of long turns after a silence that begin with a breath.
        breath_in_pause: share of the long pauses inside a turn that hold one.
        sighs, coughs, throat_clearings, clicks: a minute.
    """

    laughs: NonNegative = 1.42
    words_laughing: NonNegative = 0.87
    grave: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.08
    together: Share = LAUGHS_JOINED
    spread: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.8
    breath_before_turn: Share = 0.5
    breath_in_pause: Share = 0.25
    sighs: NonNegative = 0.08
    coughs: NonNegative = 0.05
    throat_clearings: NonNegative = 0.08
    clicks: NonNegative = 0.13

    def times(self, factor: float) -> SoundRates:
        """All rates multiplied by `factor`; shares stay at most 1."""
        return msgspec.structs.replace(
            self,
            laughs=self.laughs * factor,
            words_laughing=self.words_laughing * factor,
            breath_before_turn=min(1.0, self.breath_before_turn * factor),
            breath_in_pause=min(1.0, self.breath_in_pause * factor),
            sighs=self.sighs * factor,
            coughs=self.coughs * factor,
            throat_clearings=self.throat_clearings * factor,
            clicks=self.clicks * factor,
        )


def place_sounds(
    plan: Plan,
    script: Script,
    speeches: Mapping[str, Speech],
    makers: Mapping[str, SoundMaker],
    *,
    seed: int,
    rates: SoundRates | None = None,
) -> tuple[Plan, dict[str, Speech]]:
    """The plan with sounds in it, and the sounds.

    Args:
        plan: of the script's speech; its clips, utterances and events stay as they are. It gets
            longer only where a laugh follows the last word.
        script: with the marks that ask for sounds.
        speeches: line id -> speech, as for the plan.
        makers: speaker -> maker of their sounds; who has none makes none.
        seed: of the corpus.
        rates: of drawn sounds; None for none but the script's.

    Returns:
        The plan, and speech to be rendered with the others: of each new clip, by the clip's line
        ("s0", ...), and in place of that of the lines in which words are said laughing. A mark
        without room is in `Plan.lost` with the reason
        ``no-room-for-KIND``.
    """
    state = _SoundPlacement(plan, script, speeches, makers, generator(seed, script.id, "sounds"))
    state.place_marks()
    if rates is not None:
        state.draw_laughs(rates)
        state.draw_breath(rates)
        state.draw_others(rates)
    return state.finished()


@dataclass(frozen=True)
class _SilentWindow:
    """A stretch of the dialogue in which a speaker may make a sound, in samples."""

    speaker: str
    start: int
    end: int
    utterance: str = ""
    at_end: bool = False  #: the sound ends with the window, instead of starting with it


@dataclass
class _SoundPlacement:
    plan: Plan
    script: Script
    speeches: Mapping[str, Speech]
    makers: Mapping[str, SoundMaker]
    rng: np.random.Generator
    clips: list[PlannedClip] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    lost: list[PlanLoss] = field(default_factory=list)
    made: dict[str, Speech] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._busy: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for clip in self.plan.clips:
            self._busy[self.plan.speakers[clip.channel]].append((clip.at, clip.end))
        self._turns = [u for u in self.plan.utterances if u.kind == "turn"]
        self._talk = {
            speaker: [
                (span.start, span.end)
                for utterance in self.plan.utterances
                if utterance.speaker == speaker
                for span in utterance.speech
            ]
            for speaker in self.plan.speakers
        }

    # What the script asks for

    def place_marks(self) -> None:
        """The script's own sounds."""
        utterances = {utterance.id: utterance for utterance in self.plan.utterances}
        lines = spoken_lines(self.script)
        for line in lines:
            laugh: Event | None = None
            for mark in line.marks:
                if mark.kind == "laugh-along" and line.id in utterances:
                    self._laugh_along(line, mark, utterances[line.id], laugh)
                    continue
                kind = next((known for known in SOUND_KINDS if known == mark.kind), None)
                if kind is None or line.id not in utterances:
                    continue
                window = self._mark_window(line, mark.token, utterances[line.id])
                made = self._place_mark(kind, window, line.id)
                laugh = made if kind == "laugh" and made is not None else laugh
        spoken = {line.turn for line in lines if line.role == "turn"}
        for index, turn in enumerate(self.script.turns):
            if index in spoken or any(isinstance(part, Words) for part in turn.parts):
                continue
            before = [u for u in self._turns if _turn_of(u.id) < index]
            after = [u for u in self._turns if _turn_of(u.id) > index]
            start = max((u.end for u in before), default=0)
            end = min((u.start for u in after if u.speaker == turn.speaker), default=None)
            limit = self._unbounded if end is None else end - self._samples(_BEFORE_SPEECH)
            for part in turn.parts:
                if isinstance(part, Sound):
                    window = self._free(part.speaker or turn.speaker, start, limit)
                    self._place_mark(part.sound, window, f"t{index}")

    def _place_mark(self, kind: SoundKind, window: _SilentWindow | None, line: str) -> Event | None:
        made = self._place(kind, window, script=True) if window is not None else None
        if made is None:
            self.lost.append(PlanLoss(line, f"no-room-for-{kind}"))
        return made

    def _laugh_along(
        self, line: SpokenLine, mark: LineMark, said: Utterance, laugh: Event | None
    ) -> None:
        """Another's laugh: with the speaker's own, or at its mark where that found no room."""
        if laugh is not None:
            if not self._join(laugh, mark.label, script=True):
                self.lost.append(PlanLoss(line.id, "no-room-for-laugh"))
            return
        spoken = mark.token < min(line.spoken_count, len(said.words))
        start = said.words[mark.token].start if spoken else said.end
        window = self._free(mark.label, start, self._unbounded, said.id)
        if window is not None and window.start > start + self._samples(_JOIN_DELAYS[-1]):
            window = None
        self._place_mark("laugh", window, line.id)

    def _mark_window(self, line: SpokenLine, token: int, said: Utterance) -> _SilentWindow | None:
        """The silence at a mark before a token."""
        if token >= line.spoken_count or token > len(said.words):
            return self._free(line.speaker, said.end, self._unbounded, said.id)
        if token == 0:
            before = self._last_end(line.speaker, said.start)
            limit = said.start - self._samples(_BEFORE_SPEECH)
            return self._free(line.speaker, before, limit, said.id, at_end=True)
        silences = [
            (left.end, right.start)
            for left, right in zip(said.speech, said.speech[1:], strict=False)
        ]
        at = said.words[token].start if token < len(said.words) else said.end
        near = min(silences, key=lambda s: abs(s[1] - at), default=None)
        if near is None or abs(near[1] - at) > self._samples(0.15):
            return None
        return _SilentWindow(
            line.speaker,
            near[0] + self._samples(_AFTER_SPEECH),
            near[1] - self._samples(_BEFORE_SPEECH),
            said.id,
            at_end=True,
        )

    # What is drawn

    def draw_laughs(self, rates: SoundRates) -> None:
        """Laughs at ends of turns, at the pair's own rate."""
        spread = float(np.clip(self.rng.standard_normal(), -2.0, 2.0)) * rates.spread
        factor = math.exp(spread) / _clipped_mean(rates.spread) / (1.0 - rates.grave)
        wanted = int(self.rng.poisson(rates.laughs * factor * self._minutes))
        if is_grave(self.script):
            return
        windows: list[_SilentWindow] = []
        weights: list[float] = []
        for turn in self._turns:
            if turn.unsaid:  # who is cut off does not laugh
                continue
            delay, sigma = _LAUGH_DELAY
            late = delay * float(np.exp(sigma * np.clip(self.rng.standard_normal(), -2, 2)))
            own = self._free(turn.speaker, turn.end + self._samples(late), self._unbounded, turn.id)
            early = self._samples(_LISTENER_EARLY * float(self.rng.random()))
            other = next((s for s in self.plan.speakers if s != turn.speaker), turn.speaker)
            theirs = self._free(other, turn.end - early, self._unbounded, turn.id)
            for window, weight in ((own, 1.0), (theirs, 0.7)):
                seconds = (window.end - window.start) / self.plan.rate if window else 0.0
                if window is not None and seconds >= SOUND_LENGTHS["laugh"][2]:
                    windows.append(window)
                    weights.append(weight * min(seconds, 1.2))
        count = 0
        laughed: Counter[str] = Counter()
        while windows and count < wanted:
            chances = np.array(weights) / sum(weights)
            index = int(self.rng.choice(len(windows), p=chances))
            window, _ = windows.pop(index), weights.pop(index)
            laugh = self._place("laugh", window)
            if laugh is None:
                continue
            count += 1
            laughed[laugh.utterance] += 1
            others = [speaker for speaker in self.plan.speakers if speaker != laugh.speaker]
            # Each of several joins so often that one of them does in the share asked for.
            share = 1.0 - (1.0 - rates.together) ** (1.0 / len(others))
            for other in others:
                if count < wanted and self.rng.random() < share and self._join(laugh, other):
                    count += 1
                    laughed[laugh.utterance] += 1
        if not rates.laughs:
            return
        each = rates.words_laughing / rates.laughs / _WORDS_LAUGHING
        for turn in self._turns:
            if self.rng.random() < laughed[turn.id] * each:
                self._say_laughing(turn)

    def _say_laughing(self, turn: Utterance) -> None:
        """Let the last words of a turn be said laughing."""
        last = turn.speech[-1]
        number = int(self.rng.geometric(1 / _WORDS_LAUGHING))
        words = [word for word in turn.words if word.start >= last.start][-number:]
        longest = self._samples(_LONGEST_LAUGHING)
        while words and words[-1].end - words[0].start > longest:
            words.pop(0)
        clip = next(
            (
                clip
                for clip in self.plan.clips
                if words and clip.at <= words[0].start and words[-1].end <= clip.end
                and self.plan.speakers[clip.channel] == turn.speaker
            ),
            None,
        )  # fmt: skip
        maker = self.makers.get(turn.speaker)
        if clip is None or maker is None:
            return
        speech = self.made.get(clip.line) or self.speeches[clip.line]
        start, end = (at - clip.at + clip.source.start for at in (words[0].start, words[-1].end))
        said = maker.say_laughing(speech.samples[start:end], self.rng)
        if said is None:
            return
        samples = speech.samples.copy()
        samples[start:end] = said * min(
            1.0, _PEAK / max(float(np.abs(said).max()) * clip.gain, 1e-9)
        )
        self.made[clip.line] = replace(speech, samples=samples)
        self.events.append(
            Event("speech_laugh", turn.speaker, words[0].start, words[-1].end, origin="planned",
                  utterance=turn.id, attributes={"source": "voice"})
        )  # fmt: skip

    def _join(self, laugh: Event, other: str, *, script: bool = False) -> bool:
        """Another speaker's laugh with a laugh, where there is room for it."""
        levels = np.linspace(0, 1, len(_JOIN_DELAYS))
        delay = float(np.interp(self.rng.random(), levels, _JOIN_DELAYS))
        # Who speaks too soon for that joins earlier.
        for lag in (delay, delay / 2, delay / 4):
            start = laugh.start + self._samples(lag)
            window = self._free(other, start, self._unbounded, laugh.utterance)
            if window is None or window.start > start + self._samples(_JOIN_LATER):
                continue
            if self._place("laugh", window, script=script) is not None:
                return True
        return False

    def draw_breath(self, rates: SoundRates) -> None:
        """Breath before long turns that come late, and in long pauses."""
        for turn in self._turns:
            if len(turn.words) >= _LONG_TURN:
                silent = max(
                    [end for talk in self._talk.values() for _, end in talk if end <= turn.start],
                    default=0,
                )
                gap = self._samples(_GAP_WITH_BREATH)
                drawn = self.rng.random() < rates.breath_before_turn
                if drawn and turn.start - silent >= gap and not self._overlapped(turn.start):
                    self._breath(turn, silent, turn.start)
            for left, right in zip(turn.speech, turn.speech[1:], strict=False):
                long = right.start - left.end >= self._samples(_PAUSE_WITH_BREATH)
                if long and self.rng.random() < rates.breath_in_pause:
                    self._breath(turn, left.end, right.start)

    def _breath(self, turn: Utterance, start: int, end: int) -> None:
        before = self._samples(_BEFORE_SPEECH * float(self.rng.uniform(0.6, 1.8)))
        window = self._free(turn.speaker, start, end - before, turn.id, at_end=True)
        if window is not None:
            self._place("breath", window)

    def _overlapped(self, at: int) -> bool:
        return any(start < at < end for talk in self._talk.values() for start, end in talk)

    def draw_others(self, rates: SoundRates) -> None:
        """Sighs, coughs, cleared throats and clicks, where their speaker is silent."""
        kinds: Sequence[tuple[SoundKind, float]] = (
            ("sigh", rates.sighs),
            ("cough", rates.coughs),
            ("throat_clearing", rates.throat_clearings),
            ("click", rates.clicks),
        )
        for kind, rate in kinds:
            for _ in range(int(self.rng.poisson(rate * self._minutes))):
                turn = self._turns[int(self.rng.integers(len(self._turns)))]
                # A throat is cleared and the tongue clicks before one talks.
                if kind in ("throat_clearing", "click"):
                    start = self._last_end(turn.speaker, turn.start)
                    end = turn.start - self._samples(0.08)
                    window = self._free(turn.speaker, start, end, turn.id, at_end=True)
                else:
                    window = self._free(
                        turn.speaker, turn.end + self._samples(0.15), self._unbounded, turn.id
                    )
                if window is not None:
                    self._place(kind, window)

    # Where there is room

    @property
    def _minutes(self) -> float:
        return self.plan.seconds / 60

    @property
    def _unbounded(self) -> int:
        return self.plan.length + 3 * self.plan.rate

    def _samples(self, seconds: float) -> int:
        return round(seconds * self.plan.rate)

    def _last_end(self, speaker: str, before: int) -> int:
        """End of what a speaker is heard with last before a sample."""
        return max((end for _, end in self._busy[speaker] if end <= before), default=0)

    def _free(
        self, speaker: str, start: int, limit: int, utterance: str = "", *, at_end: bool = False
    ) -> _SilentWindow | None:
        """The part of ``[start, limit)`` in which a speaker is silent: its first or its last."""
        after, before = self._samples(_AFTER_SPEECH), self._samples(_BEFORE_SPEECH)
        busy = sorted(self._busy[speaker])
        if at_end:
            start = max([start, *(end + after for _, end in busy if end <= limit)])
            if any(low < limit < high for low, high in busy):
                return None
        else:
            for low, high in busy:
                if low - before <= start < high + after:
                    start = high + after
            following = [low - before for low, _ in busy if low >= start]
            limit = min([limit, *following])
        if start < 0 or limit <= start:
            return None
        return _SilentWindow(speaker, start, limit, utterance, at_end)

    def _place(
        self, kind: SoundKind, window: _SilentWindow, *, script: bool = False
    ) -> Event | None:
        """Make a sound that fits into a window, and put it there."""
        maker = self.makers.get(window.speaker)
        # Another sound may have come into it since.
        free = self._free(
            window.speaker, window.start, window.end, window.utterance, at_end=window.at_end
        )
        if maker is None or free is None:
            return None
        window = free
        longest = (window.end - window.start) / self.plan.rate
        sound = maker.make(kind, self.rng, longest)
        if sound is None or not len(sound.samples):
            return None
        start = window.end - len(sound.samples) if window.at_end else window.start
        start = max(start, window.start)
        return self._add(sound, window, start, script=script)

    def _add(self, sound: MadeSound, window: _SilentWindow, start: int, *, script: bool) -> Event:
        name = f"s{len(self.clips)}"
        end = start + len(sound.samples)
        gain = self._gain(window.speaker)
        peak = float(np.abs(sound.samples).max())
        if peak * gain > _PEAK:
            gain = _PEAK / peak
        voice = self._own(window.speaker)[0][1].voice
        self.made[name] = Speech(sound.samples, self.plan.rate, (), "none", voice)
        fade = min(self._samples(_FADE), len(sound.samples) // 2)
        self.clips.append(
            PlannedClip(
                line=name,
                channel=self.plan.speakers.index(window.speaker),
                source=Span(0, len(sound.samples)),
                at=start,
                gain=gain,
                fade_in=fade,
                fade_out=fade,
            )
        )
        self._busy[window.speaker].append((start, end))
        attributes: dict[str, Attribute] = {"source": sound.origin}
        if sound.licence:
            attributes["licence"] = sound.licence
        if script:
            attributes["script"] = True
        if self.script.roles and sound.kind != "laugh":
            attributes["directed"] = False
        event = Event(
            type=sound.kind,
            speaker=window.speaker,
            start=start,
            end=end,
            origin="planned",
            utterance=window.utterance,
            attributes=attributes,
        )
        self.events.append(event)
        return event

    # Voices

    def _own(self, speaker: str) -> list[tuple[PlannedClip, Speech]]:
        channel = self.plan.speakers.index(speaker)
        clips = [clip for clip in self.plan.clips if clip.channel == channel]
        return [(clip, self.speeches[clip.line]) for clip in clips]

    def _gain(self, speaker: str) -> float:
        """The mean gain of a speaker's clips, by their length."""
        clips = [clip for clip, _ in self._own(speaker)]
        total = sum(len(clip.source) for clip in clips)
        return sum(clip.gain * len(clip.source) for clip in clips) / total

    def finished(self) -> tuple[Plan, dict[str, Speech]]:
        """The plan with what was placed."""
        if not self.events and not self.lost:
            return self.plan, {}
        plan = self.plan
        last = max((event.end for event in self.events), default=0)
        edge = self._samples(0.1)
        clips = sorted([*plan.clips, *self.clips], key=lambda c: (c.channel, c.at))
        events = sorted(
            [*plan.events, *self.events], key=lambda e: (e.start, e.end, e.type, e.speaker)
        )
        made = msgspec.structs.replace(
            plan,
            length=max(plan.length, last + edge if last > plan.length - edge else 0),
            clips=tuple(clips),
            events=tuple(events),
            lost=(*plan.lost, *self.lost),
        )
        return made, self.made


def _clipped_mean(sigma: float) -> float:
    """Mean of exp(sigma z), z normal and clipped at 2 and -2: its log-normal part, and the ends."""

    def below(z: float) -> float:
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    inside = math.exp(sigma**2 / 2) * (below(2.0 - sigma) - below(-2.0 - sigma))
    return inside + below(-2.0) * (math.exp(2.0 * sigma) + math.exp(-2.0 * sigma))


def is_grave(script: Script) -> bool:
    """Whether a script speaks of grave things, so that nobody laughs in it by chance."""
    return any(
        _GRAVE.search(part.text)
        for turn in script.turns
        for part in turn.parts
        if isinstance(part, Words)
    )


def _turn_of(line: str) -> int:
    """Index of the script's turn of a line id ("t12", "t3.b0")."""
    return int(line[1:].partition(".")[0])
