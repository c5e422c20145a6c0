"""A set of user tracks with truth, made from this package's voices by one command.

```
 turn over talk   |question|      ... the system answers ...  |event|                     end
                           turn_end        3.5 to 5.5 s later        6 s (interruption) or 4 s
 pause            |first half|  .7 to 2 s  |second half|                                  end
                                  pause                 turn_end
```

Events stand at fixed times: a system that answers within 2 s and talks for 6 s or more talks when
they come; where it does not, the event asks nothing about yielding, and is counted apart. Same
seed, same bytes. Groups: ten kinds of interruptions, backchannels, vocal tics, coughs, laughs, talk
to others, background talk, noise, pauses inside sentences, plain turns; two in ten of each over the
telephone (G.711), two in ten in noise of 15 dB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.evaluation.duplex.published_measures import gold_of_events
from interactspeech.evaluation.duplex.stimulus import (
    StimulusEvent,
    StimulusKind,
    StimulusTruth,
    encode_truth,
)
from interactspeech.evaluation.duplex.stimulus_texts import (
    BACKCHANNELS,
    BACKGROUND_SPEECH,
    INTERRUPTIONS,
    SIDE_TALK,
    TOPICS,
    VOCAL_TICS,
    StimulusTopic,
    filled,
)
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.evaluation.duplex.turnbench_gold import GoldEvents
from interactspeech.records import Samples, Speech, Voice
from interactspeech.records.scene import Noise
from interactspeech.rendering.acoustics.codecs import coded
from interactspeech.rendering.acoustics.noise import noise
from interactspeech.seeds import generator
from interactspeech.settings import Count, Settings
from interactspeech.signal.resampling import resample
from interactspeech.signal.sound_bytes import encode_sound
from interactspeech.tts import Synthesizer, select_voices
from interactspeech.tts.sounds import VoiceSounds, portrait

RATE: Final = 16_000
#: Group -> items of a full set (660); interruptions count for all ten kinds.
GROUPS: Final[dict[str, int]] = {
    "interruption": 120,
    "backchannel": 100,
    "vocal_tic": 40,
    "cough": 40,
    "laugh": 40,
    "side_talk": 80,
    "background_speech": 60,
    "noise": 30,
    "pause": 90,
    "turn_end": 60,
}
#: Conditions of ten items in turn.
_CONDITIONS: Final = ("clean", "clean", "clean", "telephone", "clean", "noise", "clean",
                      "telephone", "clean", "noise")  # fmt: skip
_LEAD, _TAIL, _TAIL_ANSWER = 0.5, 4.0, 6.0
#: Level of talk that is not meant for the system, and of what another says, in dB against speech.
_ASIDE_DB, _BACKGROUND_DB, _NOISE_SNR = -6.0, -12.0, 15.0
LICENCE: Final = "CC0-1.0 (texts); the licence of the voice for its sound"

StimulusLayout = Literal["ours", "fdb", "turnbench"]


class StimulusSettings(Settings, frozen=True):
    """What is made.

    Attributes:
        voices: as for `interactspeech build --voices`.
        items: of all groups together; each group keeps its share, and has one item at least.
        seed: of all that is drawn.
        layouts: how it is written; each in a folder of its name where there are several.
    """

    voices: str = "hibari"
    items: Count = 660
    seed: int = 0
    layouts: tuple[StimulusLayout, ...] = ("ours",)


@dataclass(frozen=True, eq=False)
class Stimulus:
    """A user's track and its truth.

    Attributes:
        truth: what it asks.
        samples: mono float32 at 16 kHz.
        clean: the track without the event, for benchmarks that compare.
    """

    truth: StimulusTruth
    samples: Samples
    clean: Samples


def group_sizes(items: int) -> dict[str, int]:
    """How many items of each group make a set of `items`, by shares, one of each at least."""
    total = sum(GROUPS.values())
    sizes = {group: max(1, n * items // total) for group, n in GROUPS.items()}
    order = sorted(GROUPS, key=lambda g: -(GROUPS[g] * items % total))
    for group in order:
        if sum(sizes.values()) >= items:
            break
        sizes[group] += 1
    return sizes


def make_stimuli(settings: StimulusSettings) -> Iterator[Stimulus]:
    """The stimuli of a set, one after the other.

    Raises:
        InputError: a voice does not exist.
        MissingResourceError: its engine's weights or packages are absent.
    """
    maker = _Maker(settings)
    for group, count in group_sizes(settings.items).items():
        for number in range(count):
            yield maker.make(group, number)


class _Maker:
    """Speaks and places what is said."""

    def __init__(self, settings: StimulusSettings) -> None:
        self._settings = settings
        self._voices = select_voices(settings.voices)
        self._synthesizer = Synthesizer()
        self._spoken: dict[tuple[str, str], Speech] = {}

    def make(self, group: str, number: int) -> Stimulus:
        name = f"{group}-{number:04d}"
        rng = generator(self._settings.seed, "stimulus", name)
        voice = self._voices[int(rng.integers(len(self._voices)))]
        topic = TOPICS[int(rng.integers(len(TOPICS)))]
        condition = _CONDITIONS[number % len(_CONDITIONS)]
        track = _UserTrack()
        if group == "pause":
            self._pause(track, topic, voice, rng)
        else:
            track.say(self._speech(topic.question, voice), _LEAD)
            track.event("turn_end", track.last_start, track.end)
            if group != "turn_end":
                self._event(track, group, number, topic, voice, rng)
        track.length = track.end + (_TAIL_ANSWER if group in {"interruption", "pause"} else _TAIL)
        track.length = round(track.length, 2)
        sound, clean = track.rendered()
        if condition == "noise":
            self._add_noise(sound, clean, rng)
        elif condition == "telephone":
            sound, clean = coded(sound, RATE, "ulaw"), coded(clean, RATE, "ulaw")
        truth = StimulusTruth(
            id=name,
            seconds=len(sound) / RATE,
            events=tuple(sorted(track.events, key=lambda e: (e.start, e.end))),
            words=tuple(track.words),
            speech=tuple(track.speech),
            context=topic.question,
            group=group,
            condition=condition,
            voice=f"{voice.engine}:{voice.name}",
            licence=voice.licence or LICENCE,
            source="interactspeech stimulus set 1",
            seed=self._settings.seed,
        )
        return Stimulus(truth, _limited(sound), _limited(clean))

    def _speech(self, text: str, voice: Voice) -> Speech:
        key = (f"{voice.engine}:{voice.name}", text)
        if key not in self._spoken:
            self._spoken[key] = resample(self._synthesizer.speak(text, voice), RATE)
        return self._spoken[key]

    def _pause(
        self, track: _UserTrack, topic: StimulusTopic, voice: Voice, rng: np.random.Generator
    ) -> None:
        track.say(self._speech(topic.first, voice), _LEAD)
        start = track.end
        length = float(rng.uniform(0.7, 2.0))
        track.say(self._speech(topic.second, voice), start + length)
        track.event("pause", start, track.last_start)
        track.event("turn_end", _LEAD, track.end)

    def _event(
        self,
        track: _UserTrack,
        group: str,
        number: int,
        topic: StimulusTopic,
        voice: Voice,
        rng: np.random.Generator,
    ) -> None:
        at = track.end + float(rng.uniform(3.5, 5.5))
        kind: Any = group

        def pick(options: Sequence[str]) -> str:
            return options[int(rng.integers(len(options)))]

        if group == "interruption":
            style = list(INTERRUPTIONS)[number % len(INTERRUPTIONS)]
            text = filled(pick(INTERRUPTIONS[style]), topic)
            track.say(self._speech(text, voice), at, added=True)
            track.event("interruption", track.last_start, track.end, text, style)
            track.event("turn_end", track.last_start, track.end, text)
        elif group in {"backchannel", "vocal_tic"}:
            text = pick(BACKCHANNELS if group == "backchannel" else VOCAL_TICS)
            track.say(self._speech(text, voice), at, added=True)
            track.event(kind, track.last_start, track.end, text)
        elif group == "side_talk":
            text = pick(SIDE_TALK)
            track.say(self._speech(text, voice), at, gain=_ASIDE_DB, added=True)
            track.event(kind, track.last_start, track.end, text)
        elif group == "background_speech":
            text = pick(BACKGROUND_SPEECH)
            others = [v for v in self._voices if v.name != voice.name] or [voice]
            other = others[int(rng.integers(len(others)))]
            track.say(self._speech(text, other), at, gain=_BACKGROUND_DB, added=True, of_user=False)
            track.event(kind, track.last_start, track.end, text)
        elif group in {"cough", "laugh"}:
            track.sound(self._noise_of_voice(group, topic, voice, rng), at)
            track.event(kind, track.last_start, track.end)
        else:
            count = round(float(rng.uniform(0.6, 2.0)) * RATE)
            seed = int(rng.integers(2**31))
            made = noise(Noise("street", 0.0, seed), count, RATE, np.zeros((1, count), np.float32))
            track.sound(np.asarray(0.05 * made * _swell(count), np.float32), at)
            track.event(kind, track.last_start, track.end)

    def _noise_of_voice(
        self, group: str, topic: StimulusTopic, voice: Voice, rng: np.random.Generator
    ) -> Samples:
        known = portrait([self._speech(topic.question, voice)])
        kind: Any = group
        made = VoiceSounds().make(kind, known, rng, 1.5) if known else None
        if made is None:
            raise InputError(f"voice {voice.name!r} makes no {group}", reason="no-sounds")
        return made.samples

    def _add_noise(self, sound: Samples, clean: Samples, rng: np.random.Generator) -> None:
        talk = sound[np.abs(sound) > 1e-3]
        power = float(np.square(talk, dtype=np.float64).mean()) if len(talk) else 1e-4
        made = noise(Noise("pink", 0.0, int(rng.integers(2**31))), len(sound), RATE, sound[None])
        scaled = np.asarray(made * np.float32((power / 10 ** (_NOISE_SNR / 10)) ** 0.5), np.float32)
        sound += scaled
        clean += scaled[: len(clean)]


class _UserTrack:
    """A track in the making; seconds."""

    def __init__(self) -> None:
        self.events: list[StimulusEvent] = []
        self.words: list[TimedWord] = []
        self.speech: list[tuple[float, float]] = []
        self.end = self.last_start = self.length = 0.0
        self._parts: list[tuple[int, Samples, bool]] = []

    def say(
        self,
        speech: Speech,
        at: float,
        *,
        gain: float = 0.0,
        added: bool = False,
        of_user: bool = True,
    ) -> None:
        """Speech that begins at a time; `added` is the event, which the clean track lacks."""
        self.sound(np.asarray(speech.samples * np.float32(10 ** (gain / 20)), np.float32), at,
                   added=added)  # fmt: skip
        if of_user:
            self.speech.append((self.last_start, self.end))
            self.words += [
                TimedWord(
                    w.text,
                    round(self.last_start + w.start / RATE, 6),
                    round(self.last_start + w.end / RATE, 6),
                )
                for w in speech.words
            ]

    def sound(self, samples: Samples, at: float, *, added: bool = True) -> None:
        """Sound that begins at a time."""
        first = round(at * RATE)
        self._parts.append((first, samples, added))
        self.last_start, self.end = first / RATE, (first + len(samples)) / RATE

    def event(
        self, kind: StimulusKind, start: float, end: float, text: str = "", style: str = ""
    ) -> None:
        """An event of the truth."""
        self.events.append(StimulusEvent(kind, start, end, text, style))

    def rendered(self) -> tuple[Samples, Samples]:
        """The track, and the track without what was added."""
        sound = np.zeros(round(self.length * RATE), np.float32)
        clean = np.zeros_like(sound)
        for first, samples, added in self._parts:
            sound[first : first + len(samples)] += samples
            if not added:
                clean[first : first + len(samples)] += samples
        return sound, clean


def _swell(count: int) -> Samples:
    """A rise and a fall of 50 ms at the edges."""
    edge = min(count // 2, RATE // 20)
    shape = np.ones(count, np.float32)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    shape[:edge], shape[count - edge :] = ramp, ramp[::-1]
    return shape


def _limited(samples: Samples) -> Samples:
    peak = float(np.abs(samples).max(initial=0.0))
    return samples if peak <= 0.99 else np.asarray(samples * np.float32(0.99 / peak), np.float32)


def write_stimuli(settings: StimulusSettings, folder: Path) -> dict[str, int]:
    """Make a set and write it.

    Args:
        settings: what.
        folder: where; with several layouts a folder of each name in it.

    Returns:
        Group -> number of items.

    Raises:
        InputError: the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError("is not empty", folder, remedy="name another folder", reason="not-empty")
    places = {
        layout: folder / layout if len(settings.layouts) > 1 else folder
        for layout in settings.layouts
    }
    counts: dict[str, int] = {}
    rows: list[StimulusTruth] = []
    for stimulus in make_stimuli(settings):
        truth = stimulus.truth
        counts[truth.group] = counts.get(truth.group, 0) + 1
        rows.append(truth)
        for layout, place in places.items():
            for path, data in _files(stimulus, layout):
                write_file(place / path, data)
    for layout, place in places.items():
        manifest = {
            "schema_version": 1,
            "layout": layout,
            "settings": msgspec.to_builtins(settings),
            "licence": LICENCE,
            "groups": counts,
            "items": [
                {"id": t.id, "group": t.group, "condition": t.condition, "voice": t.voice,
                 "seconds": round(t.seconds, 6), "licence": t.licence}
                for t in rows
            ],
        }  # fmt: skip
        write_file(place / "manifest.json", _json(manifest))
        if layout == "turnbench":
            write_file(place / "gold.json", turnbench_gold_json(rows))
    return counts


def _wav(samples: Samples) -> bytes:
    return encode_sound(samples, RATE, "WAV", "PCM_16")


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


#: Group -> Full-Duplex-Bench's subset; others get a subset of their own name.
_FDB_SUBSETS: Final = {
    "interruption": "v1_5/user_interruption",
    "backchannel": "v1_5/user_backchannel",
    "side_talk": "v1_5/talking_to_other",
    "background_speech": "v1_5/background_speech",
    "pause": "v1_0/synthetic_pause_handling",
    "turn_end": "v1_0/synthetic_turn_taking",
}


def _files(stimulus: Stimulus, layout: StimulusLayout) -> Iterator[tuple[Path, bytes]]:
    truth = stimulus.truth
    if layout == "ours":
        yield Path(truth.id) / "user.wav", _wav(stimulus.samples)
        yield Path(truth.id) / "truth.json", encode_truth(truth)
        return
    if layout == "turnbench":
        yield Path("audio") / f"{truth.id}.wav", _wav(stimulus.samples)
        return
    subset = _FDB_SUBSETS.get(truth.group, f"v1_5/{truth.group}")
    place = Path(subset) / str(int(truth.id.rsplit("-", 1)[1]) + 1)
    yield place / "input.wav", _wav(stimulus.samples)
    yield place / "stimulus.json", encode_truth(truth)
    chunks = [{"text": w.text, "timestamp": [w.start, w.end]} for w in truth.words]
    yield place / "transcription.json", _json(chunks)
    event = next((e for e in truth.events if e.kind != "turn_end"), truth.events[-1])
    if subset.startswith("v1_5"):
        yield place / "clean_input.wav", _wav(stimulus.clean)
        yield (
            place / "metadata.json",
            _json(
                {
                    "context_text": truth.context,
                    "current_turn_text": event.text,
                    "timestamps": [round(event.start, 6), round(event.end, 6)],
                }
            ),
        )
    elif truth.group == "pause":
        mark = {"text": "[PAUSE]", "timestamp": [round(event.start, 6), round(event.end, 6)]}
        yield place / "pause.json", _json([mark])
    else:
        times = [round(event.end, 6), round(event.end + 0.4, 6)]
        yield place / "turn_taking.json", _json([{"text": "[TURN-TAKING]", "timestamp": times}])


def turnbench_gold_json(truths: Sequence[StimulusTruth]) -> bytes:
    """The gold of a set in the form of TurnBench's export; the user is speaker 1."""
    conversations = {}
    for truth in truths:
        gold = gold_of_truth(truth)
        conversations[truth.id] = {
            "duration_s": round(truth.seconds, 6),
            "eot_positive_events": [
                {"speaker": a.speaker, "time_s": round(a.time, 6)} for a in gold.eot_positive
            ],
            "eot_negative_spans": _spans(gold.eot_negative),
            "int_positive_events": [
                {"speaker": a.speaker, "time_s": round(a.time, 6)} for a in gold.int_positive
            ],
            "int_negative_spans": _spans(gold.int_negative),
            "eot_excluded": [],
            "int_excluded": [],
        }
    return _json(
        {"source": "interactspeech stimulus set 1", "tau_pre_s": 0.25, "tau_max_s": 3.0,
         "conversations": conversations}
    )  # fmt: skip


def _spans(spans: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"speaker": s.speaker, "start": round(s.start, 6), "end": round(s.end, 6)} for s in spans
    ]


def gold_of_truth(truth: StimulusTruth) -> GoldEvents:
    """TurnBench's gold of a stimulus: the user is speaker 1."""
    return gold_of_events(truth.events)


__all__ = [
    "GROUPS",
    "RATE",
    "Stimulus",
    "StimulusLayout",
    "StimulusSettings",
    "gold_of_truth",
    "group_sizes",
    "make_stimuli",
    "turnbench_gold_json",
    "write_stimuli",
]
