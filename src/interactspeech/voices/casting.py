"""Who speaks with which voice: clearly different voices in each dialogue, balanced over a corpus.

Half of the dialogues pair a female and a male voice, the others two of one sex, half and half, so
that a model cannot learn "the other speaker" as "the other sex". All draws are keyed by seed and
dialogue, so a dialogue's cast depends on nothing else that is built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from interactspeech.dialogue import Voice
from interactspeech.errors import InputError
from interactspeech.seeds import generator

#: Pairs of Kokoro voices that a speaker-verification model (CAM++) takes for nearly one speaker:
#: cosine similarity .76 to .77, against .83 within a voice and .42 between voices on average.
_ALIKE = frozenset(
    frozenset(pair)
    for pair in (("af_heart", "af_nova"), ("af_bella", "af_heart"), ("am_fenrir", "am_puck"))
)
#: Share of two-party dialogues with one female and one male voice.
_MIXED = 0.5

_FEMALE = re.compile(
    r"\b(?:miss|mrs|ms|madam|lady|mother|mom|aunt|sister|woman|girl)\b", re.IGNORECASE
)
_MALE = re.compile(r"\b(?:mr|mister|sir|lord|father|dad|uncle|brother|man|boy)\b", re.IGNORECASE)


def cast(
    dialogue_id: str,
    speakers: Sequence[str],
    voices: Sequence[Voice],
    seed: int,
    names: Mapping[str, str] | None = None,
) -> dict[str, Voice]:
    """A voice for each speaker, no two alike.

    Args:
        dialogue_id: keys the draw together with `seed`.
        speakers: ids.
        voices: to choose from (see `select_voices`).
        seed: of the corpus.
        names: speaker id -> name in the source; a title ("Mrs. Hill") settles the voice's sex where
            `voices` has it.

    Raises:
        InputError: there are fewer distinct voices than speakers (reason ``too-few-voices``).
    """
    rng = generator(seed, dialogue_id, "cast")
    wanted = _sexes(speakers, voices, names or {}, rng)
    chosen: dict[str, Voice] = {}
    for speaker, sex in zip(speakers, wanted, strict=True):
        free = [v for v in voices if not any(alike(v, other) for other in chosen.values())]
        if not free:
            raise InputError(
                f"{len(voices)} selected voice(s) cannot play {len(speakers)} speakers clearly",
                remedy="select more voices, for example --voices kokoro",
                reason="too-few-voices",
            )
        fitting = [v for v in free if sex in ("", v.sex)] or free
        chosen[speaker] = fitting[int(rng.integers(len(fitting)))]
    return chosen


def alike(one: Voice, other: Voice) -> bool:
    """Whether a listener could take the two voices for one."""
    if one.name == other.name:  # hibari's heart is a copy of Kokoro's af_heart, but see below
        return one.engine == other.engine
    names = {_origin(one), _origin(other)}
    return len(names) == 1 or frozenset(names) in _ALIKE


def _origin(voice: Voice) -> str:
    """The Kokoro voice that a voice is a copy of, else its own full name."""
    if voice.engine == "kokoro":
        return voice.name
    if (voice.engine, voice.name) == ("hibari", "heart"):
        return "af_heart"
    return f"{voice.engine}:{voice.name}"


def _sexes(
    speakers: Sequence[str],
    voices: Sequence[Voice],
    names: Mapping[str, str],
    rng: np.random.Generator,
) -> list[str]:
    """The sex wanted for each speaker's voice ("" for any)."""
    draws = rng.random(2)  # drawn always, so that a name's hint changes nothing else
    first = "female" if draws[0] < 0.5 else "male"
    second = first if draws[1] >= _MIXED else _OTHER[first]
    hinted = [_hint(names.get(speaker, "")) for speaker in speakers]
    if len(speakers) != 2:
        return [hint or ("female", "male")[int(rng.integers(2))] for hint in hinted]
    if hinted[0] and not hinted[1]:
        second = hinted[0] if second == first else _OTHER[hinted[0]]
    elif hinted[1] and not hinted[0]:
        first = hinted[1] if second == first else _OTHER[hinted[1]]
    available = {voice.sex for voice in voices}
    wanted = [hinted[0] or first, hinted[1] or second]
    return [sex if sex in available else "" for sex in wanted]


_OTHER = {"female": "male", "male": "female"}


def _hint(name: str) -> str:
    if _FEMALE.search(name):
        return "female"
    return "male" if _MALE.search(name) else ""
