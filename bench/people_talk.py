"""People's feedback and talk, cut out of recordings, and laid on other people's talk.

From recordings that people labelled (a folder for `evaluate events real`) and from openings of AMI's meetings (trnNN.wav,
as pyannote/pyannote-audio keeps them) with AMI's NXT words: feedback, talk that is none, and longer talk to lay both on.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from interactspeech.evaluation.events.labelled_recordings import labelled_recordings
from interactspeech.lexicon.feedback import COMMON_FEEDBACK, bare_word
from interactspeech.signal.log_mel import RATE

#: AMI's meetings by the name of their opening.
AMI = {
    "trn00": "EN2001a",
    "trn03": "EN2001e",
    "trn04": "EN2003a",
    "trn05": "EN2004a",
    "trn09": "EN2009b",
}
#: Words that are feedback here beside the common ones.
MORE = {"all", "un", "uh-huh", "mm-hmm", "mmhm", "perfect", "great", "good"}
#: Words of a speaker with less than so many seconds between them are one stretch.
BRIDGE = 0.2
#: Levels of talk that others are laid on, root of the mean square.
LEVEL = 0.06

#: Who talks, from when to when, and what they say.
Said = tuple[str, float, float, str]


def only_feedback(words: Iterable[str]) -> bool:
    """Whether all words, bare, are feedback."""
    return all(w in COMMON_FEEDBACK or w in MORE for w in words)


@dataclass
class Sound:
    recording: str
    speaker: str
    text: str
    samples: np.ndarray


@dataclass
class Found:
    feedback: list[Sound] = field(default_factory=list)
    bid: list[Sound] = field(default_factory=list)
    host: list[Sound] = field(default_factory=list)

    def add(
        self,
        recording: str,
        speaker: str,
        text: str,
        start: float,
        end: float,
        sound: np.ndarray,
        kind: str,
    ) -> None:
        words = [w for w in map(bare_word, text.split()) if w]
        only = bool(words) and only_feedback(words)

        def part(low: float, high: float) -> Sound:
            return Sound(
                recording, speaker, text, sound[max(0, int(low * RATE)) : int(high * RATE)].copy()
            )

        if kind == "bc" or (kind != "speech?" and only and end - start < 1.0):
            self.feedback.append(part(start - 0.06, end + 0.06))
        elif (
            kind == "talk"
            and len(words) >= 3
            and end - start > 0.8
            and words[0] not in COMMON_FEEDBACK
        ):
            self.bid.append(part(start - 0.02, min(end, start + 1.8)))
        if kind == "talk" and end - start > 3.5:
            self.host.append(part(start, min(end, start + 6.0)))

    def hosts(self, sound: Sound) -> list[np.ndarray]:
        """Talk of others that a sound can be laid on."""
        mine = (sound.recording, sound.speaker)
        return [h.samples for h in self.host if (h.recording, h.speaker) != mine]


def sounds(labelled: Path, ami: Path | None, words: Path | None) -> Found:
    """What the recordings hold."""
    found = Found()
    for recording in labelled_recordings(labelled):
        for channel, speaker in enumerate("AB"):
            for unit in recording.labels.units:
                if unit.speaker == speaker and unit.kind in {"bc", "talk", "doubt"}:
                    found.add(
                        recording.name,
                        speaker,
                        unit.text,
                        unit.start,
                        unit.end,
                        recording.audio[channel],
                        unit.kind,
                    )
    for name, meeting in AMI.items() if ami and words else ():
        audio, _ = soundfile.read(ami / f"{name}.wav", dtype="float32", always_2d=True)
        length = len(audio) / RATE
        said = ami_stretches(words, meeting)
        for speaker, start, end, text in said:
            clear = all(o == speaker or b < start - 0.05 or a > end + 0.05 for o, a, b, _ in said)
            if clear and end < length - 0.1:
                found.add(
                    meeting,
                    speaker,
                    text,
                    start,
                    end,
                    audio.mean(axis=1),
                    "ami" if end - start < 0.8 else "talk",
                )
    return found


def ami_stretches(words: Path, meeting: str) -> list[Said]:
    """The stretches of a meeting by AMI's NXT words."""
    found: list[Said] = []
    for path in sorted(words.glob(f"{meeting}.*.words.xml")):
        speaker = path.name.split(".")[1]
        found += joined(
            sorted(
                (speaker, float(w.get("starttime", "")), float(w.get("endtime", "")), w.text or "")
                for w in ET.parse(path).getroot()
                if w.tag.endswith("w")
                and w.get("starttime")
                and w.get("endtime")
                and w.get("punc") != "true"
            )
        )
    return found


def joined(words: Sequence[Said]) -> list[Said]:
    """Words, sorted by speaker and time, as stretches."""
    found: list[Said] = []
    for speaker, start, end, text in words:
        if found and found[-1][0] == speaker and start - found[-1][2] < BRIDGE:
            _, first, _, before = found[-1]
            found[-1] = (speaker, first, end, f"{before} {text}")
        else:
            found.append((speaker, start, end, text))
    return found


def onset_on(host: np.ndarray, rng: np.random.Generator) -> int:
    """Where a sound begins on a host, samples: 1.8 s after it, or later."""
    return round(rng.uniform(1.8, max(1.9, min(len(host) / RATE - 1.2, 3.0))) * RATE)


def laid_on(host: np.ndarray, sound: np.ndarray, onset: int, decibels: float) -> np.ndarray:
    """A host on one channel and a sound on the other, until 2 s after its onset, shape ``(2, n)``.

    Args:
        host: talk that goes on.
        sound: what begins in it.
        onset: of the sound, samples.
        decibels: of the sound beside the host.
    """
    mix = np.zeros((2, onset + 2 * RATE), np.float32)
    levels = (LEVEL, LEVEL * 10 ** (decibels / 20))
    for side, (samples, at, level) in enumerate(
        zip((host, sound), (0, onset), levels, strict=True)
    ):
        piece = samples[: mix.shape[1] - at]
        mix[side, at : at + len(piece)] = piece * level / (np.sqrt(np.mean(piece**2)) + 1e-9)
    return mix
